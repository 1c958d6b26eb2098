#include <cmath>

#include "kernels/math/emotion_score.h"
#include "kernels/ops/elements.cuh"
#include "kernels/ops/emotion.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// The values of one field of the window's notes and the candidate.
struct Values {
  const Played* window;  // the piece's ring
  std::int64_t first;    // note number of the first
  int ring, notes, field;
  float candidate;

  __device__ int count() const { return notes + 1; }
  __device__ float operator[](int i) const {
    if (i == notes) return candidate;
    const Played& note = window[(first + i) % ring];
    return field == 0 ? note.step : field == 1 ? note.duration : static_cast<float>(note.pitch);
  }
};

__device__ Values values_of(const WindowFeatures& op, std::int64_t row, int candidate, int field) {
  const std::int64_t consumed = op.pieces.progress[row].consumed;
  const int notes = consumed < op.window ? static_cast<int>(consumed) : op.window;
  const float last = field == 2 ? static_cast<float>(candidate) : op.predicted[2 * row + field];
  return {op.pieces.window + row * op.window, consumed - notes, op.window, notes, field, last};
}

__device__ float mean_of(const Values& values) {
  float sum = 0;
  for (int i = 0; i < values.count(); ++i) sum += values[i];
  return sum / static_cast<float>(values.count());
}

// One thread owns one field of one candidate.
template <class Feature>
__device__ void for_one_list(const WindowFeatures& op, const Feature& feature) {
  const std::int64_t n = element(), list = n / 3, row = list / op.candidates;
  if (row >= op.pieces.rows) return;
  const int field = static_cast<int>(n % 3);
  feature(values_of(op, row, static_cast<int>(list % op.candidates), field), op.features + list * 9 + 3 * field);
}

__global__ void __launch_bounds__(kElementThreads) window_mean_kernel(const __grid_constant__ WindowFeatures op) {
  for_one_list(op, [](const Values& values, float* to) { to[0] = mean_of(values); });
}

__global__ void __launch_bounds__(kElementThreads) window_highest_kernel(const __grid_constant__ WindowFeatures op) {
  for_one_list(op, [](const Values& values, float* to) {
    float highest = values[0];
    for (int i = 1; i < values.count(); ++i) highest = values[i] > highest ? values[i] : highest;
    to[1] = highest;
  });
}

__global__ void __launch_bounds__(kElementThreads) window_deviation_kernel(const __grid_constant__ WindowFeatures op) {
  for_one_list(op, [](const Values& values, float* to) {
    float squares = 0;
    for (int i = 0; i < values.count(); ++i) squares += (values[i] - to[0]) * (values[i] - to[0]);
    to[2] = sqrtf(squares / static_cast<float>(values.count()));
  });
}

// One thread owns one candidate's distance to one centre.
__global__ void __launch_bounds__(kElementThreads)
    cluster_distances_kernel(const __grid_constant__ ClusterDistances op) {
  const std::int64_t n = element(), candidate = n / 2, cluster = n % 2;
  if (candidate >= std::int64_t{op.rows} * op.candidates) return;
  float squares = 0;
  for (int f = 0; f < 9; ++f) {
    const float scaled = (op.features[9 * candidate + f] - op.clusters.mean[f]) * op.clusters.inverse[f];
    const float gap = scaled - op.clusters.centre[cluster][f];
    squares += gap * gap;
  }
  op.distances[n] = sqrtf(squares);
}

// One thread owns one candidate.
__global__ void __launch_bounds__(kElementThreads) score_emotion_kernel(const __grid_constant__ EmotionScore op) {
  const std::int64_t n = element();
  if (n >= std::int64_t{op.rows} * op.candidates) return;
  const int wanted = op.voices[n / op.candidates].label > 0 ? 1 : 0;
  op.scores[n] = emotion_score<float>(op.distances[2 * n + wanted], op.distances[2 * n + 1 - wanted]);
}

__global__ void __launch_bounds__(kElementThreads) blend_logits_kernel(const __grid_constant__ BlendLogits op) {
  const std::int64_t n = element(), row = n / op.candidates;
  if (row >= op.rows) return;
  const VoiceView& voice = op.voices[row];
  const float logit = op.logits[row * op.logits_stride + n % op.candidates];
  op.blended[n] =
      scored(voice, op.clusters) ? blended_logit(voice.alpha, op.scores[n], voice.beta, logit) : voice.beta * logit;
}

std::int64_t lists(const WindowFeatures& op) { return std::int64_t{op.pieces.rows} * op.candidates * 3; }

}  // namespace

void window_mean(const WindowFeatures& op, StreamRef stream) {
  launch_elements("window_mean", window_mean_kernel, lists(op), stream, op);
}
void window_highest(const WindowFeatures& op, StreamRef stream) {
  launch_elements("window_highest", window_highest_kernel, lists(op), stream, op);
}
void window_deviation(const WindowFeatures& op, StreamRef stream) {
  launch_elements("window_deviation", window_deviation_kernel, lists(op), stream, op);
}
void cluster_distances(const ClusterDistances& op, StreamRef stream) {
  const std::int64_t count = std::int64_t{op.rows} * op.candidates * 2;
  launch_elements("cluster_distances", cluster_distances_kernel, count, stream, op);
}
void score_emotion(const EmotionScore& op, StreamRef stream) {
  launch_elements("score_emotion", score_emotion_kernel, std::int64_t{op.rows} * op.candidates, stream, op);
}
void blend_logits(const BlendLogits& op, StreamRef stream) {
  launch_elements("blend_logits", blend_logits_kernel, std::int64_t{op.rows} * op.candidates, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
