// How well each candidate pitch would suit the wanted emotion, one quantity after the other, every feature of every
// candidate in memory (semantics.md, "Emotion score, per candidate"; kernels/math/emotion_score.h has the formulas that
// avoid it):
//   features of the window's notes and (candidate, predicted step, predicted duration): mean, highest, deviation
//   distances to the two centres -> score -> alpha score + beta logit
#pragma once

#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/math/annotations.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// The nine features in the order of ClustersView. Each of the three operations writes three of them.
struct WindowFeatures {
  PiecesView pieces;                 ///< window and Progress::consumed are read
  int window = 0, candidates = 0;    ///< W, V
  const float* predicted = nullptr;  ///< [rows, 2] step and duration, >= 0
  float* features = nullptr;         ///< [rows, V, 9]
};

/// Euclidean distances in scaled space.
struct ClusterDistances {
  const float* features = nullptr;  ///< [rows, V, 9]
  ClustersView clusters;
  float* distances = nullptr;  ///< [rows, V, 2] sad, happy
  int rows = 0, candidates = 0;
};

/// 1 - exp(d_wanted) / (exp(d_sad) + exp(d_happy))
struct EmotionScore {
  const float* distances = nullptr;   ///< [rows, V, 2]
  const VoiceView* voices = nullptr;  ///< [rows] the label is read: above 0 wants happy
  float* scores = nullptr;            ///< [rows, V]
  int rows = 0, candidates = 0;
};

/// alpha score + beta logit, or beta logit alone where the encloser is out.
struct BlendLogits {
  const float* logits = nullptr;
  int logits_stride = 0;              ///< floats from one row to the next
  const float* scores = nullptr;      ///< [rows, V]
  const VoiceView* voices = nullptr;  ///< [rows]
  float* blended = nullptr;           ///< [rows, V]
  int rows = 0, candidates = 0;
  bool clusters = false;  ///< whether there are any; where not, the encloser is out everywhere
};

/// Whether a voice's score counts.
AFFETTO_HD bool scored(const VoiceView& voice, bool clusters) {
  return clusters && voice.label != 0 && voice.alpha > 0;
}

/// The definitions, in double.
void window_mean_ref(const WindowFeatures& op);
void window_highest_ref(const WindowFeatures& op);
void window_deviation_ref(const WindowFeatures& op);
void cluster_distances_ref(const ClusterDistances& op);
void score_emotion_ref(const EmotionScore& op);
void blend_logits_ref(const BlendLogits& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueue the operations; the operands are device pointers. The deviation reads the means.
/// @throws std::invalid_argument for no elements, CudaError if the launch is refused
void window_mean(const WindowFeatures& op, StreamRef stream);
void window_highest(const WindowFeatures& op, StreamRef stream);
void window_deviation(const WindowFeatures& op, StreamRef stream);
void cluster_distances(const ClusterDistances& op, StreamRef stream);
void score_emotion(const EmotionScore& op, StreamRef stream);
void blend_logits(const BlendLogits& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
