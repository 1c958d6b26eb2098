// The reference as a device: every window replayed from zero state.
#include <algorithm>
#include <stdexcept>

#include "engine/generate/make.h"
#include "engine/generate/reference/choose.h"

namespace engine {
namespace {

using reference::Network;
using reference::Outputs;
using reference::State;

/// Notes so far (carry: the last W suffice for the features) and, in carry mode, the running state.
struct PieceState final : Primed {
  std::vector<Note> notes;
  State state;
};

struct Slot {
  PieceState piece;
  PieceKey key;
  Expression expression;
  std::uint32_t written = 0;
};

class ReferenceDecoder final : public Decoder {
 public:
  ReferenceDecoder(const Model& model, const DecoderOptions& options)
      : network_(model),
        clusters_(model.clusters),
        mode_(options.state),
        slots_(static_cast<std::size_t>(options.slots)) {
    if (options.slots < 1) throw std::invalid_argument("a decoder needs at least one slot");
  }

  int slots() const override { return static_cast<int>(slots_.size()); }

  std::shared_ptr<const Primed> prime(std::span<const Note> primer) override {
    auto primed = std::make_shared<PieceState>();
    primed->state = network_.zero_state();
    for (const Note& note : primer) append(*primed, note);
    return primed;
  }

  void load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) override {
    slots_.at(static_cast<std::size_t>(slot)) = {dynamic_cast<const PieceState&>(start), key, expression, 0};
  }

  void express(int slot, const Expression& expression) override {
    slots_.at(static_cast<std::size_t>(slot)).expression = expression;
  }

  void advance(std::span<const Stretch> stretches) override {
    for (const Stretch& stretch : stretches) {
      for (int i = 0; i < stretch.notes; ++i) {
        stretch.out[i] =
            next(slots_.at(static_cast<std::size_t>(stretch.slot)), stretch.trace ? stretch.trace + i : nullptr);
      }
    }
  }

 private:
  void append(PieceState& piece, const Note& note) const {
    piece.notes.push_back(note);
    if (mode_ == StateMode::carry) network_.consume(piece.state, note);
  }

  Note next(Slot& slot, NoteTrace* trace) const {
    const auto& notes = slot.piece.notes;
    const std::size_t size = std::min(notes.size(), static_cast<std::size_t>(network_.spec().window));
    const std::span<const Note> window = std::span(notes).last(size);
    const Outputs outputs = mode_ == StateMode::carry ? network_.read(slot.piece.state) : network_.replay(window);
    const Note note =
        reference::choose_note(outputs, window, clusters_, slot.expression, slot.key, slot.written++, trace);
    append(slot.piece, note);
    return note;
  }

  Network network_;
  std::optional<Clusters> clusters_;
  StateMode mode_;
  std::vector<Slot> slots_;
};

class ReferencePredictor final : public Predictor {
 public:
  ReferencePredictor(const Model& model, const DecoderOptions& options) : network_(model), mode_(options.state) {}

  void predict(std::span<const std::vector<Note>> pieces,
               const std::function<void(std::size_t, const Predictions&)>& sink) override {
    for (std::size_t i = 0; i < pieces.size(); ++i) sink(i, predict_piece(pieces[i]));
  }

 private:
  Predictions predict_piece(const std::vector<Note>& notes) const {
    Predictions predictions;
    const auto window = static_cast<std::size_t>(network_.spec().window);
    State state = network_.zero_state();
    for (std::size_t t = 0; t < notes.size(); ++t) {
      if (t >= window) {
        add(predictions, mode_ == StateMode::carry ? network_.read(state)
                                                   : network_.replay(std::span(notes).subspan(t - window, window)));
      }
      if (mode_ == StateMode::carry) network_.consume(state, notes[t]);
    }
    return predictions;
  }

  static void add(Predictions& predictions, const Outputs& outputs) {
    predictions.pitch_logits.insert(predictions.pitch_logits.end(), outputs.pitch_logits.begin(),
                                    outputs.pitch_logits.end());
    predictions.step.push_back(static_cast<float>(outputs.step));
    predictions.duration.push_back(static_cast<float>(outputs.duration));
  }

  Network network_;
  StateMode mode_;
};

}  // namespace

std::unique_ptr<Decoder> make_reference_decoder(const Model& model, const DecoderOptions& options) {
  return std::make_unique<ReferenceDecoder>(model, options);
}

std::unique_ptr<Predictor> make_reference_predictor(const Model& model, const DecoderOptions& options) {
  return std::make_unique<ReferencePredictor>(model, options);
}

}  // namespace engine
