#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/ops/emotion.h"

namespace kernels {
namespace {

/// Calls body(the values of one field of the window's notes and the candidate, the place of the field's first feature).
template <class Body>
void for_each_list(const WindowFeatures& op, const Body& body) {
  for (std::ptrdiff_t r = 0; r < op.pieces.rows; ++r) {
    const std::int64_t consumed = op.pieces.progress[r].consumed;
    for (int v = 0; v < op.candidates; ++v) {
      for (int field = 0; field < 3; ++field) {
        std::vector<double> values;
        for (std::int64_t n = std::max<std::int64_t>(0, consumed - op.window); n < consumed; ++n) {
          const Played& note = op.pieces.window[r * op.window + n % op.window];
          values.push_back(field == 0 ? double{note.step} : field == 1 ? double{note.duration} : note.pitch);
        }
        values.push_back(field == 2 ? v : double{op.predicted[2 * r + field]});
        body(values, op.features + (r * op.candidates + v) * 9 + 3 * field);
      }
    }
  }
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void window_mean_ref(const WindowFeatures& op) {
  for_each_list(op, [](const std::vector<double>& values, float* to) { to[0] = static_cast<float>(mean_of(values)); });
}

void window_highest_ref(const WindowFeatures& op) {
  for_each_list(op, [](const std::vector<double>& values, float* to) {
    to[1] = static_cast<float>(*std::max_element(values.begin(), values.end()));
  });
}

void window_deviation_ref(const WindowFeatures& op) {
  for_each_list(op, [](const std::vector<double>& values, float* to) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    to[2] = static_cast<float>(std::sqrt(squares / static_cast<double>(values.size())));
  });
}

void cluster_distances_ref(const ClusterDistances& op) {
  for (std::ptrdiff_t n = 0; n < std::ptrdiff_t{op.rows} * op.candidates; ++n) {
    for (int cluster = 0; cluster < 2; ++cluster) {
      double squares = 0;
      for (int f = 0; f < 9; ++f) {
        const double scaled = (double{op.features[9 * n + f]} - op.clusters.mean[f]) * op.clusters.inverse[f];
        squares += (scaled - op.clusters.centre[cluster][f]) * (scaled - op.clusters.centre[cluster][f]);
      }
      op.distances[2 * n + cluster] = static_cast<float>(std::sqrt(squares));
    }
  }
}

void score_emotion_ref(const EmotionScore& op) {
  for (std::ptrdiff_t n = 0; n < std::ptrdiff_t{op.rows} * op.candidates; ++n) {
    const int wanted = op.voices[n / op.candidates].label > 0 ? 1 : 0;
    const double own = op.distances[2 * n + wanted], other = op.distances[2 * n + 1 - wanted];
    op.scores[n] = static_cast<float>(1 - 1 / (1 + std::exp(other - own)));
  }
}

void blend_logits_ref(const BlendLogits& op) {
  for (std::ptrdiff_t n = 0; n < std::ptrdiff_t{op.rows} * op.candidates; ++n) {
    const std::ptrdiff_t row = n / op.candidates;
    const VoiceView& voice = op.voices[row];
    const double logit = double{voice.beta} * op.logits[row * op.logits_stride + n % op.candidates];
    const bool with = op.clusters && voice.label != 0 && voice.alpha > 0;
    op.blended[n] = static_cast<float>(with ? double{voice.alpha} * op.scores[n] + logit : logit);
  }
}

}  // namespace kernels
