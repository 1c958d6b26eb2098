// The nine features of a window and one more note, by one warp: six are the same for every candidate, three are sums
// that each candidate completes (kernels/math/emotion_score.h).
#pragma once

#include "kernels/generate/choose.h"
#include "kernels/generate/choose_warp.cuh"
#include "kernels/math/emotion_score.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Mean, highest and deviation (divisor n) of a field of `notes` notes and of `last`.
struct Spread {
  float feature[3];
};

template <class Field>
__device__ Spread warp_spread(const Played* window, int notes, float last, int lane, Field field) {
  const float count = static_cast<float>(notes + 1);
  float sum = 0, highest = last;
  for (int n = lane; n < notes; n += 32) {
    const float value = field(window[n]);
    sum += value;
    highest = max(highest, value);
  }
  const float mean = (warp_sum(sum) + last) / count;
  float squares = 0;
  for (int n = lane; n < notes; n += 32) {
    const float gap = field(window[n]) - mean;
    squares += gap * gap;
  }
  const float gap = last - mean;
  return {{mean, warp_max(highest), sqrtf((warp_sum(squares) + gap * gap) / count)}};
}

/// Exact sums of pitches below kMaxCandidates = 2^12 over at most 2^12 notes: a lane's part stays below 2^31.
__device__ inline PitchSums<float> warp_pitch_sums(const Played* window, int notes, int lane) {
  std::uint32_t sum = 0, squares = 0;
  int highest = -1;
  for (int n = lane; n < notes; n += 32) {
    const int pitch = window[n].pitch;
    sum += static_cast<std::uint32_t>(pitch);
    squares += static_cast<std::uint32_t>(pitch * pitch);
    highest = max(highest, pitch);
  }
  const std::int64_t all = warp_sum_exact(sum), all_squares = warp_sum_exact(squares), count = notes;
  highest = __reduce_max_sync(kAllLanes, highest);
  const std::int64_t origin = notes == 0 ? 0 : (2 * all + count) / (2 * count);
  PitchSums<float> sums{};
  sums.count = static_cast<float>(notes + 1);
  sums.inverse = 1.0f / sums.count;
  sums.origin = static_cast<float>(origin);
  sums.sum = static_cast<float>(all - count * origin);
  sums.squares = static_cast<float>(all_squares - 2 * origin * all + count * origin * origin);
  sums.highest = static_cast<float>(highest);
  return sums;
}

/// The emotion score of a candidate, ready for use.
struct Scorer {
  PitchSums<float> window;
  float inverse[3];
  PitchCentre<float> wanted, other;

  __device__ float score(float pitch) const {
    const PitchFeatures<float> features = with_candidate(window, pitch);
    return emotion_score(distance(features, inverse, wanted), distance(features, inverse, other));
  }
};

/// Cluster `which` as it meets the candidates; step and duration are already known.
__device__ inline PitchCentre<float> centre_of(const ClustersView& clusters, int which, const Spread& step,
                                               const Spread& duration) {
  PitchCentre<float> centre{};
  for (int f = 0; f < 6; ++f) {
    const float feature = f < 3 ? step.feature[f] : duration.feature[f - 3];
    const float gap = (feature - clusters.mean[f]) * clusters.inverse[f] - clusters.centre[which][f];
    centre.shared += gap * gap;
  }
  for (int f = 0; f < 3; ++f) {
    centre.offset[f] = clusters.mean[6 + f] * clusters.inverse[6 + f] + clusters.centre[which][6 + f];
  }
  return centre;
}

/// @param step, duration  of the candidate: as predicted, clamped at 0
__device__ inline Scorer make_scorer(const ClustersView& clusters, const Played* window, int notes, float step,
                                     float duration, int label, int lane) {
  const Spread steps = warp_spread(window, notes, step, lane, [](const Played& note) { return note.step; });
  const Spread durations = warp_spread(window, notes, duration, lane, [](const Played& note) { return note.duration; });
  const int happy = 1, sad = 0;
  Scorer scorer{};
  scorer.window = warp_pitch_sums(window, notes, lane);
  for (int f = 0; f < 3; ++f) scorer.inverse[f] = clusters.inverse[6 + f];
  scorer.wanted = centre_of(clusters, label > 0 ? happy : sad, steps, durations);
  scorer.other = centre_of(clusters, label > 0 ? sad : happy, steps, durations);
  return scorer;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
