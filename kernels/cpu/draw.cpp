#include "kernels/cpu/draw.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace kernels {

int draw_inverse_cdf(std::span<const float> weights, std::span<const float> sums, double total, double u) {
  const std::size_t lanes = weights.size() / sums.size();
  const double target = u * total;
  double before = 0;
  std::size_t block = 0;
  while (block + 1 < sums.size() && before + sums[block] <= target) before += sums[block++];
  std::size_t chosen = block * lanes;
  // Added up one by one, a register's weights may fall short of its sum by rounding: its last candidate then takes it.
  for (std::size_t i = block * lanes; i < (block + 1) * lanes; ++i) {
    if (!(weights[i] > 0)) continue;
    chosen = i;
    before += weights[i];
    if (before > target) break;
  }
  return static_cast<int>(chosen);
}

int arg_max(std::span<const float> values) {
  float highest = -std::numeric_limits<float>::infinity();
  int best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > highest) {
      highest = values[i];
      best = static_cast<int>(i);
    }
  }
  return best;
}

void cut_tail(std::span<float> weights, double total, int top_k, double top_p, std::span<int> order) {
  if (top_k <= 0 && top_p >= 1) return;
  std::iota(order.begin(), order.end(), 0);
  const auto later = [&](int a, int b) { return weights[a] != weights[b] ? weights[a] < weights[b] : a > b; };
  std::ranges::make_heap(order, later);
  const auto count = static_cast<std::ptrdiff_t>(order.size());
  std::ptrdiff_t kept = 0;
  double before = 0;
  while (kept < count && (top_k <= 0 || kept < top_k) && (top_p >= 1 || before < top_p * total)) {
    before += weights[order.front()];
    ++kept;
    std::ranges::pop_heap(order.begin(), order.end() - (kept - 1), later);
  }
  for (std::ptrdiff_t i = 0; i < count - kept; ++i) weights[order[i]] = 0;
}

}  // namespace kernels
