// Teacher-forced outputs by the steps of a rung.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/generate/cuda/make.h"
#include "engine/generate/cuda/network.h"
#include "engine/generate/cuda/pieces.h"

namespace engine::AFFETTO_PLATFORM {
namespace {

constexpr std::size_t kPiecesAtOnce = 64;  // bounds what is held until the sink has had it, and carry mode's rows
constexpr int kTargetsAtOnce = 4096;       // window mode's rows: fills a large GPU; 5 MB of rings at W = 100

struct Target {
  const std::vector<Note>* notes;
  Predictions* predictions;
  std::size_t number;  ///< predicts note W + number
};

class CudaPredictor final : public Predictor {
 public:
  CudaPredictor(const Model& model, const CudaOptions& options);
  void predict(std::span<const std::vector<Note>> pieces,
               const std::function<void(std::size_t, const Predictions&)>& sink) override;

 private:
  kernels::PiecesView view(int rows, std::size_t round) const;
  void store(const float* readout, const Target& target) const;
  void predict_windows(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions);
  void predict_targets(std::span<const Target> targets);
  void predict_carried(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions);
  void feed_round(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions, std::size_t first);

  kernels::Stream stream_;
  DeviceNetwork network_;
  int rows_;
  std::size_t rounds_;  ///< reads between two looks at the results: 1, or W in carry mode
  std::unique_ptr<kernels::Steps> steps_;
  PieceMemory memory_;
  kernels::DeviceBuffer<kernels::VoiceView> voices_;
  kernels::DeviceBuffer<kernels::Progress> progress_;  ///< [rounds, rows]
  kernels::DeviceBuffer<float> readout_;               ///< [rounds, rows, readout size]
  std::vector<kernels::Played> rings_;
  std::vector<kernels::Progress> progress_host_;
  std::vector<float> readout_host_;
  kernels::WaitAtExit copies_end_{stream_};  ///< before the vectors they read and write go
};

CudaPredictor::CudaPredictor(const Model& model, const CudaOptions& options)
    : network_(model, options.state, stream_),
      rows_(network_.view().carry ? static_cast<int>(kPiecesAtOnce) : kTargetsAtOnce),
      rounds_(network_.view().carry ? static_cast<std::size_t>(network_.view().window) : 1),
      steps_(kernels::make_steps(resolve_predictor_fusion(model, options), network_.view(), {}, rows_, stream_,
                                 /*graphs=*/false, options.precision)),
      memory_(network_.view(), rows_, stream_),
      voices_(stream_, static_cast<std::size_t>(rows_)),
      progress_(stream_, rounds_ * rows_),
      readout_(stream_, rounds_ * rows_ * network_.view().readout_size),
      rings_(static_cast<std::size_t>(rows_) * network_.view().window),
      progress_host_(progress_.size()),
      readout_host_(readout_.size()) {}

kernels::PiecesView CudaPredictor::view(int rows, std::size_t round) const {
  const std::size_t before = round * static_cast<std::size_t>(rows_);
  kernels::PiecesView view{.voices = voices_.data(),
                           .progress = progress_.data() + before,
                           .readout = readout_.data() + before * network_.view().readout_size,
                           .rows = rows};
  memory_.show(view);
  return view;
}

void CudaPredictor::store(const float* readout, const Target& target) const {
  const kernels::NetworkView& network = network_.view();
  const auto candidates = static_cast<std::size_t>(network.candidates);
  std::copy_n(readout + network.logits_at, candidates,
              target.predictions->pitch_logits.data() + target.number * candidates);
  target.predictions->step[target.number] = readout[network.step_at];
  target.predictions->duration[target.number] = readout[network.duration_at];
}

void CudaPredictor::predict_targets(std::span<const Target> targets) {
  const auto window = static_cast<std::size_t>(network_.view().window);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Target& target = targets[i];
    for (std::size_t k = 0; k < window; ++k) rings_[i * window + k] = played_of((*target.notes)[target.number + k]);
    progress_host_[i] = {.consumed = static_cast<std::int64_t>(window), .left = 1};
  }
  memory_.window.upload(std::span<const kernels::Played>(rings_).first(targets.size() * window));
  progress_.upload(std::span<const kernels::Progress>(progress_host_).first(targets.size()));
  steps_->read(view(static_cast<int>(targets.size()), 0));
  const auto size = static_cast<std::size_t>(network_.view().readout_size);
  readout_.download(std::span(readout_host_).first(targets.size() * size));
  stream_.synchronize();
  for (std::size_t i = 0; i < targets.size(); ++i) store(readout_host_.data() + i * size, targets[i]);
}

void CudaPredictor::predict_windows(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions) {
  std::vector<Target> targets;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    for (std::size_t number = 0; number < predictions[p].step.size(); ++number) {
      targets.push_back({&pieces[p], &predictions[p], number});
      if (targets.size() < static_cast<std::size_t>(rows_)) continue;
      predict_targets(targets);
      targets.clear();
    }
  }
  if (!targets.empty()) predict_targets(targets);
}

/// Notes first .. first + W - 1 of every piece, one after the other, with a readout after each.
void CudaPredictor::feed_round(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions,
                               std::size_t first) {
  const std::size_t window = rounds_, rows = pieces.size();
  for (std::size_t p = 0; p < rows; ++p) {
    const std::span<const Note> notes(pieces[p]);
    const auto ring = ring_of(notes.first(std::min(notes.size(), first + window)), network_.view().window);
    std::ranges::copy(ring, rings_.begin() + static_cast<std::ptrdiff_t>(p * window));
    for (std::size_t round = 0; round < window; ++round) {
      const std::size_t note = first + round;
      const bool there = !predictions[p].step.empty() && note < notes.size();
      progress_host_[round * rows_ + p] = {
          .consumed = static_cast<std::int64_t>(note + 1), .left = there, .fresh = there};
    }
  }
  memory_.window.upload(std::span<const kernels::Played>(rings_).first(rows * window));
  progress_.upload(progress_host_);
  for (std::size_t round = 0; round < window; ++round) {
    steps_->feed(view(static_cast<int>(rows), round));
    steps_->read(view(static_cast<int>(rows), round));
  }
  readout_.download(readout_host_);
  stream_.synchronize();
  const auto size = static_cast<std::size_t>(network_.view().readout_size);
  for (std::size_t round = 0; round < window; ++round) {
    for (std::size_t p = 0; p < rows; ++p) {
      const std::size_t target = first + round + 1;  // the note that comes after the one just read
      if (target < window || target >= window + predictions[p].step.size()) continue;
      store(readout_host_.data() + (round * rows_ + p) * size, {&pieces[p], &predictions[p], target - window});
    }
  }
}

void CudaPredictor::predict_carried(std::span<const std::vector<Note>> pieces, std::span<Predictions> predictions) {
  std::size_t longest = 0;
  for (const std::vector<Note>& notes : pieces) longest = std::max(longest, notes.size());
  for (std::size_t first = 0; first < longest; first += rounds_) feed_round(pieces, predictions, first);
}

void CudaPredictor::predict(std::span<const std::vector<Note>> pieces,
                            const std::function<void(std::size_t, const Predictions&)>& sink) {
  const auto window = static_cast<std::size_t>(network_.view().window);
  for (std::size_t first = 0; first < pieces.size(); first += kPiecesAtOnce) {
    const auto group = pieces.subspan(first, std::min(kPiecesAtOnce, pieces.size() - first));
    std::vector<Predictions> predictions(group.size());
    for (std::size_t p = 0; p < group.size(); ++p) {
      const std::size_t targets = group[p].size() > window ? group[p].size() - window : 0;
      predictions[p].pitch_logits.resize(targets * network_.view().candidates);
      predictions[p].step.resize(targets);
      predictions[p].duration.resize(targets);
    }
    if (network_.view().carry) {
      predict_carried(group, predictions);
    } else {
      predict_windows(group, predictions);
    }
    for (std::size_t p = 0; p < group.size(); ++p) sink(first + p, predictions[p]);
  }
}

}  // namespace

std::unique_ptr<Predictor> make_predictor(const Model& model, const CudaOptions& options) {
  return std::make_unique<CudaPredictor>(model, options);
}

}  // namespace engine::AFFETTO_PLATFORM
