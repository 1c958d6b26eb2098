// Whole pieces through engine::Session, again and again.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/generation/affetto.h"
#include "engine/generate/session.h"

namespace bench {

class Sessions {
 public:
  static constexpr int kNotes = 160;  ///< of a piece: whole blocks

  Sessions(const engine::Model& model, const Setting& setting)
      : setting_(setting),
        decoder_(engine::make_cpu_decoder(
            model, {.state = setting.state, .slots = setting.batch, .threads = setting.threads})),
        primer_(decoder_->prime(random_notes_of(model.spec))) {}

  /// Writes `notes` new notes (a multiple of kNotes) in each of the decoder's slots, as pieces of kNotes.
  void run(std::int64_t notes) {
    engine::Session session(*decoder_);
    for (std::int64_t i = 0; i < notes / kNotes * setting_.batch; ++i) {
      engine::PieceRequest request;
      request.key = {kSeed, static_cast<std::uint64_t>(i)};
      request.notes = kNotes;
      request.expression = expression_of(setting_);
      request.primer = primer_;
      session.add(std::move(request));
    }
    Counter counter;
    session.run(counter);
    if (counter.count != notes * setting_.batch) throw std::logic_error("the session lost notes");
  }

 private:
  struct Counter final : engine::NoteSink {
    std::int64_t count = 0;
    void notes(const engine::PieceRequest&, int, std::span<const engine::Note> notes,
               std::span<const engine::NoteTrace>) override {
      count += static_cast<std::int64_t>(notes.size());
    }
    void finished(const engine::PieceRequest&) override {}
  };
  static std::vector<engine::Note> random_notes_of(const engine::ModelSpec& spec) { return primers_of(spec, 1)[0]; }

  Setting setting_;
  std::unique_ptr<engine::Decoder> decoder_;
  std::shared_ptr<const engine::Primed> primer_;
};

}  // namespace bench
