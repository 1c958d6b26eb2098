#include "engine/generate/cpu/plan.h"

#include <algorithm>

namespace engine::cpu {
namespace {

// One core, in seconds: products from near caches, weights from beyond them, choosing a note, and meeting once. Orders
// of magnitude of current server processors; only their ratios matter.
constexpr double kFlopsPerSecond = 1e11, kBytesPerSecond = 2e10, kNearBytesPerSecond = 8e10;
constexpr double kNearBytes = 1 << 20;  // of a core's own cache, for weights or for states
constexpr double kChooseSeconds = 3e-7, kMeetSeconds = 4e-7;
constexpr int kColumnsAtOnce = 96;  // enough for whole tiles at any tile width
constexpr int kLargestScratch = 8192;
constexpr int kFirstTrial = 8, kLongestInterval = 4096;  // advances

int ceil_divide(int a, int b) { return (a + b - 1) / b; }

/// One note of `pieces` pieces on one thread, without choosing.
double step_seconds(const Network& network, const PieceLayout& layout, int pieces) {
  const double bytes = network.weight_bytes();
  const double reading = bytes / (bytes > kNearBytes ? kBytesPerSecond : kNearBytesPerSecond);
  return std::max(network.flops_per_column() * layout.columns * pieces / kFlopsPerSecond, reading);
}

/// Pieces per chunk for a thread that has `pieces` of its own.
int chunk_size(const Network& network, const PieceLayout& layout, int pieces) {
  // States should stay near the core, but where the weights do not either, every column more shares their transport.
  const double budget = std::max(kNearBytes, network.weight_bytes());
  const double state = static_cast<double>(layout.column_size) * layout.columns * sizeof(float);
  const int fits = static_cast<int>(std::clamp(budget / state, 1.0, 1e6));
  const int wanted = std::max(fits, ceil_divide(kColumnsAtOnce, layout.columns));
  return ceil_divide(pieces, ceil_divide(pieces, wanted));
}

}  // namespace

int largest_chunk(const PieceLayout& layout, int slots) {
  return std::clamp(kLargestScratch / layout.columns, 1, std::max(1, slots));
}

namespace {

Plan plan_apart(const Network& network, const PieceLayout& layout, int pieces, int slots, int threads) {
  const int members = std::min(threads, pieces);
  const int wanted = chunk_size(network, layout, ceil_divide(pieces, members));
  return {.together = false, .members = members, .chunk = std::min(largest_chunk(layout, slots), wanted)};
}

/// What the choosing member does alone, over the first layer's products: the heads' products and the choices.
double lead_of(const Network& network, const PieceLayout& layout) {
  double readout = 0;
  for (const ReadoutLayer& layer : network.readout()) readout += 2.0 * static_cast<double>(layer.dense.weights.size());
  const double products = 2.0 * static_cast<double>(network.layers().front().weights.size()) * layout.columns;
  return (readout + kChooseSeconds * kFlopsPerSecond) / products;
}

Plan plan_together(const Network& network, const PieceLayout& layout, int pieces, int threads) {
  return {.together = true, .members = threads, .chunk = pieces, .lead = lead_of(network, layout)};
}

bool can_share(const PieceLayout& layout, int pieces, int slots, int threads) {
  return threads > 1 && pieces <= largest_chunk(layout, slots);
}

/// Predicted seconds per note of working together, over those of working apart.
double predicted_ratio(const Network& network, const PieceLayout& layout, int pieces, int threads) {
  const int busiest = ceil_divide(pieces, std::min(threads, pieces));
  const double alone = step_seconds(network, layout, busiest) + busiest * kChooseSeconds;
  const auto meetings = static_cast<double>(network.layers().size());
  const double shared =
      step_seconds(network, layout, pieces) / threads + pieces * kChooseSeconds + meetings * kMeetSeconds;
  return shared / alone;
}

}  // namespace

Plan make_plan(const Network& network, const PieceLayout& layout, int pieces, int slots, int threads) {
  const bool together =
      can_share(layout, pieces, slots, threads) && predicted_ratio(network, layout, pieces, threads) < 1;
  return together ? plan_together(network, layout, pieces, threads)
                  : plan_apart(network, layout, pieces, slots, threads);
}

Planner::Planner(const Network& network, const PieceLayout& layout, int slots, int threads)
    : network_(network), layout_(layout), slots_(slots), threads_(threads) {}

void Planner::restart(int pieces) {
  constexpr double kHopeless = 3;  // beyond this the model may be wrong by as much and still be right
  pieces_ = pieces;
  const double ratio = predicted_ratio(network_, layout_, pieces, threads_);
  open_ = can_share(layout_, pieces, slots_, threads_) && ratio < kHopeless && ratio > 1 / kHopeless;
  usual_ = make_plan(network_, layout_, pieces, slots_, threads_).together;
  seconds_[0] = seconds_[1] = 0;
  until_trial_ = interval_ = kFirstTrial;
}

Plan Planner::next(int pieces) {
  if (pieces != pieces_) restart(pieces);
  in_use_ = usual_;
  if (open_ && --until_trial_ <= 0) in_use_ = !usual_;
  return in_use_ ? plan_together(network_, layout_, pieces, threads_)
                 : plan_apart(network_, layout_, pieces, slots_, threads_);
}

void Planner::took(double seconds) {
  if (!open_) return;
  constexpr double kWeight = 0.25;  // of a new measurement
  double& known = seconds_[in_use_];
  known = known == 0 ? seconds : known + kWeight * (seconds - known);
  if (in_use_ == usual_) return;
  // a trial: its number is fresh, so it counts in full
  known = seconds;
  const bool better = seconds_[usual_] == 0 || known < seconds_[usual_];
  if (better) usual_ = in_use_;
  interval_ = better ? kFirstTrial : std::min(2 * interval_, kLongestInterval);
  until_trial_ = interval_;
}

}  // namespace engine::cpu
