// Teacher-forced outputs by the same fused steps.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "engine/generate/cpu/advance.h"
#include "engine/generate/cpu/plan.h"
#include "engine/generate/make.h"

namespace engine {
namespace cpu {
namespace {

/// Targets first .. last-1 of one piece. A window is a piece's own beginning, so a long piece may be cut anywhere.
struct Segment {
  const std::vector<Note>* notes;
  Predictions* predictions;
  std::int64_t first, last;
};

/// A segment on its way through the network.
struct Reading {
  Segment segment{};
  std::int64_t next = 0;  ///< the note to read next
  Piece piece;
};

struct Worker {
  Worker(const Network& network, const PieceLayout& layout, int most) : stepper(network, layout, most) {
    for (int i = 0; i < most; ++i) readings.push_back({{}, 0, Piece(layout)});
  }
  Stepper stepper;
  std::vector<Reading> readings;
  std::vector<Reading*> active;
  std::vector<Piece*> pieces;
};

class CpuPredictor final : public Predictor {
 public:
  CpuPredictor(const Model& model, const DecoderOptions& options);
  void predict(std::span<const std::vector<Note>> pieces,
               const std::function<void(std::size_t, const Predictions&)>& sink) override;

 private:
  void add_segments(const std::vector<Note>& notes, Predictions& predictions);
  void read_all();
  void read_segments(Worker& worker, std::size_t count);
  void start(Reading& reading, const Segment& segment) const;
  void store(Reading& reading) const;

  Network network_;
  PieceLayout layout_;
  kernels::Team team_;
  int chunk_;
  std::vector<Worker> workers_;
  std::vector<Segment> segments_;
  std::atomic<std::size_t> next_segment_{0};
};

constexpr int kPiecesAtOnce = 64;  // bounds what is held until the sink has had it

CpuPredictor::CpuPredictor(const Model& model, const DecoderOptions& options)
    : network_(model, options.weights), layout_(network_, options.state), team_(options.threads) {
  chunk_ = make_plan(network_, layout_, kPiecesAtOnce, kPiecesAtOnce, 1).chunk;
  for (int i = 0; i < team_.size(); ++i) workers_.emplace_back(network_, layout_, chunk_);
}

void CpuPredictor::add_segments(const std::vector<Note>& notes, Predictions& predictions) {
  const auto window = static_cast<std::int64_t>(layout_.window), size = static_cast<std::int64_t>(notes.size());
  if (size <= window) return;
  const auto targets = static_cast<std::size_t>(size - window);
  predictions.pitch_logits.resize(targets * network_.candidates());
  predictions.step.resize(targets);
  predictions.duration.resize(targets);
  // each segment first reads a window of its own: eight times that many targets keep this below an eighth
  const std::int64_t length = layout_.windowed ? 8 * window : size;
  for (std::int64_t first = window; first < size; first += length) {
    segments_.push_back({&notes, &predictions, first, std::min(size, first + length)});
  }
}

void CpuPredictor::predict(std::span<const std::vector<Note>> pieces,
                           const std::function<void(std::size_t, const Predictions&)>& sink) {
  for (std::size_t first = 0; first < pieces.size(); first += kPiecesAtOnce) {
    const std::size_t count = std::min<std::size_t>(kPiecesAtOnce, pieces.size() - first);
    std::vector<Predictions> predictions(count);
    segments_.clear();
    for (std::size_t i = 0; i < count; ++i) add_segments(pieces[first + i], predictions[i]);
    read_all();
    for (std::size_t i = 0; i < count; ++i) sink(first + i, predictions[i]);
  }
}

void CpuPredictor::read_all() {
  const std::size_t members = std::min<std::size_t>(team_.size(), segments_.size());
  if (members == 0) return;
  next_segment_.store(0, std::memory_order_relaxed);
  const std::size_t share = (segments_.size() + members - 1) / members;
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(chunk_), share);
  team_.run(static_cast<int>(members), [&](int member) { read_segments(workers_[member], count); });
}

void CpuPredictor::start(Reading& reading, const Segment& segment) const {
  reading.segment = segment;
  reading.next = segment.first - layout_.window;  // 0 in carry mode, where a piece is one segment
  reading.piece.clear();
}

void CpuPredictor::store(Reading& reading) const {
  Predictions& out = *reading.segment.predictions;
  const auto row = static_cast<std::size_t>(reading.next - layout_.window);
  const float* readout = reading.piece.readout();
  const auto candidates = static_cast<std::size_t>(network_.candidates());
  std::copy_n(readout + network_.logits_at(), candidates, out.pitch_logits.data() + row * candidates);
  out.step[row] = readout[network_.step_at()];
  out.duration[row] = readout[network_.duration_at()];
}

/// Keeps `count` segments under way; a finished one makes room for the next.
void CpuPredictor::read_segments(Worker& worker, std::size_t count) {
  const auto refill = [&](Reading& reading) {
    const std::size_t next = next_segment_.fetch_add(1, std::memory_order_relaxed);
    if (next >= segments_.size()) return false;
    start(reading, segments_[next]);
    return true;
  };
  worker.active.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (refill(worker.readings[i])) worker.active.push_back(&worker.readings[i]);
  }
  while (!worker.active.empty()) {
    worker.pieces.clear();
    for (Reading* reading : worker.active) {
      if (reading->next >= reading->segment.first) worker.pieces.push_back(&reading->piece);
    }
    worker.stepper.read(worker.pieces);
    worker.pieces.clear();
    for (Reading* reading : worker.active) {
      if (reading->next >= reading->segment.first) store(*reading);
      worker.pieces.push_back(&reading->piece);
    }
    advance_one(worker.stepper, worker.pieces, {}, 0, [&] {
      for (Reading* reading : worker.active)
        worker.stepper.take(reading->piece, (*reading->segment.notes)[reading->next]);
    });
    std::erase_if(worker.active,
                  [&](Reading* reading) { return ++reading->next == reading->segment.last && !refill(*reading); });
  }
}

}  // namespace
}  // namespace cpu

std::unique_ptr<Predictor> make_cpu_predictor(const Model& model, const DecoderOptions& options) {
  return std::make_unique<cpu::CpuPredictor>(model, options);
}

}  // namespace engine
