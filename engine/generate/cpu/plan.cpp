#include "engine/generate/cpu/plan.h"

#include <algorithm>

namespace engine::cpu {
namespace {

// One core, in seconds: products from near caches, weights from beyond them, choosing a note, and meeting once. Orders
// of magnitude of current server processors; only their ratios matter.
constexpr double kFlopsPerSecond = 1e11, kBytesPerSecond = 2e10, kNearBytesPerSecond = 8e10;
constexpr double kNearBytes = 1 << 20;  // of a core's own cache, for weights or for states
constexpr double kChooseSeconds = 1e-6, kMeetSeconds = 4e-7;
constexpr int kColumnsAtOnce = 96;  // enough for whole tiles at any tile width
constexpr int kLargestScratch = 8192;

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

Plan make_plan(const Network& network, const PieceLayout& layout, int pieces, int slots, int threads) {
  const int most = largest_chunk(layout, slots);
  const int members = std::min(threads, pieces);
  Plan apart{.members = members};
  apart.chunk = std::min(most, chunk_size(network, layout, ceil_divide(pieces, members)));
  if (threads == 1 || pieces > most) return apart;
  const int busiest = ceil_divide(pieces, members);
  const double alone = step_seconds(network, layout, busiest) + busiest * kChooseSeconds;
  const double meetings = static_cast<double>(network.layers().size()) + 1;
  const double shared =
      step_seconds(network, layout, pieces) / threads + pieces * kChooseSeconds + meetings * kMeetSeconds;
  if (shared >= alone) return apart;
  return {.together = true, .members = threads, .chunk = pieces};
}

}  // namespace engine::cpu
