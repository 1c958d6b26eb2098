// What a warp needs to choose among candidates: lane l has candidates l, l + 32, l + 64, ... Sums are taken in one
// fixed order, so a piece's draw depends on nothing but its own numbers.
#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr unsigned kAllLanes = 0xffffffffu;
inline constexpr int kNoCandidate = 0x7fffffff;

/// Blended logits and weights of up to 32 Rows candidates, in the lanes' registers.
template <int Rows>
struct CandidateRegisters {
  float blended_[Rows], weight_[Rows];
  __device__ static constexpr int rows() { return Rows; }
  __device__ float& blended(int row) { return blended_[row]; }
  __device__ float& weight(int row) { return weight_[row]; }
};

/// The same in memory, where there are many; a lane touches only its own.
struct CandidateMemory {
  float* blended_;  ///< [rows, 32] from the lane's on
  float* weight_;
  int rows_;
  __device__ int rows() const { return rows_; }
  __device__ float& blended(int row) { return blended_[row * 32]; }
  __device__ float& weight(int row) { return weight_[row * 32]; }
};

/// Halves of the warp are added up, so that every lane ends with the same bits.
template <typename T>
__device__ T warp_sum(T x) {
  for (int lanes = 16; lanes > 0; lanes /= 2) x += __shfl_xor_sync(kAllLanes, x, lanes);
  return x;
}

/// Of all lanes' sums; each below 2^32.
__device__ inline std::int64_t warp_sum_exact(std::uint32_t x) {
  const std::uint32_t low = __reduce_add_sync(kAllLanes, x & 0xffffu), high = __reduce_add_sync(kAllLanes, x >> 16);
  return (std::int64_t{high} << 16) + low;
}

/// Floats as integers that rise with them; not for NaN. -0 counts as 0.
__device__ inline std::uint32_t rising(float x) {
  const std::uint32_t bits = __float_as_uint(x + 0.0f);
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}
__device__ inline float from_rising(std::uint32_t key) {
  return __uint_as_float(key >> 31 != 0 ? key & 0x7fffffffu : ~key);
}
__device__ inline float warp_max(float x) { return from_rising(__reduce_max_sync(kAllLanes, rising(x))); }

/// x of this lane and all before it, in a tree of fixed shape.
__device__ inline double warp_running_sum(double x, int lane) {
  for (int lanes = 1; lanes < 32; lanes *= 2) {
    const double before = __shfl_up_sync(kAllLanes, x, static_cast<unsigned>(lanes));
    if (lane >= lanes) x += before;
  }
  return x;
}

template <class Store>
__device__ double total_weight(Store& store) {
  double sum = 0;
  for (int row = 0; row < store.rows(); ++row) sum += double{store.weight(row)};
  return warp_sum(sum);
}

/// The candidate with the highest blended logit, the first of equals; minus infinity never wins.
template <class Store>
__device__ int arg_max(Store& store, int lane) {
  float best = -INFINITY;
  int at = kNoCandidate;
  for (int row = 0; row < store.rows(); ++row) {
    if (store.blended(row) > best) {
      best = store.blended(row);
      at = row * 32 + lane;
    }
  }
  const float highest = warp_max(best);
  return __reduce_min_sync(kAllLanes, best == highest ? at : kNoCandidate);
}

/// The first candidate with weight at which the running sum exceeds `target`, which is below the sum of all.
template <class Store>
__device__ int draw_inverse_cdf(Store& store, double target, int lane) {
  double before = 0;
  int chosen = kNoCandidate;
  for (int row = 0; row < store.rows(); ++row) {
    const float weight = store.weight(row);
    const double sum = before + warp_running_sum(double{weight}, lane);
    const unsigned beyond = __ballot_sync(kAllLanes, weight > 0 && sum > target);
    if (beyond != 0 && chosen == kNoCandidate) chosen = row * 32 + __ffs(static_cast<int>(beyond)) - 1;
    before = __shfl_sync(kAllLanes, sum, 31);
  }
  return chosen;
}

/// How many candidates weigh more than `weight`, and how much they weigh together.
struct Heavier {
  int count;
  double sum;
};

template <class Store>
__device__ Heavier heavier_than(Store& store, float weight) {
  int count = 0;
  double sum = 0;
  for (int row = 0; row < store.rows(); ++row) {
    const bool heavier = store.weight(row) > weight;
    count += heavier ? 1 : 0;
    sum += heavier ? double{store.weight(row)} : 0.0;
  }
  return {__reduce_add_sync(kAllLanes, count), warp_sum(sum)};
}

/// Sets to 0 what top_k and top_p leave out: by falling weight, equals by rising index, a candidate is kept while fewer
/// than top_k are and the sum before it is below top_p * total. Weights are in [0, 1], one of them 1.
/// Kept are all above some weight, and the first few of those that have it; bisection over the bits of a float, which
/// rise with it, finds the weight without sorting.
template <class Store>
__device__ void cut_tail(Store& store, double total, int top_k, float top_p, int lane) {
  const auto kept = [&](int count, double sum) {
    return (top_k <= 0 || count < top_k) && (top_p >= 1 || sum < double{top_p} * total);
  };
  std::uint32_t low = 0, high = __float_as_uint(1.0f);
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const Heavier heavier = heavier_than(store, __uint_as_float(middle));
    if (kept(heavier.count, heavier.sum)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const float last = __uint_as_float(low);
  const Heavier heavier = heavier_than(store, last);
  int equals = 0;
  for (int row = 0; row < store.rows(); ++row) {
    const float weight = store.weight(row);
    const unsigned equal = __ballot_sync(kAllLanes, weight == last);
    const int before = equals + __popc(equal & ((1u << lane) - 1));
    equals += __popc(equal);
    const bool stays =
        weight > last || (weight == last && kept(heavier.count + before, heavier.sum + before * double{last}));
    if (!stays) store.weight(row) = 0;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
