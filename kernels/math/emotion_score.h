// How well each candidate pitch would suit the wanted emotion, and how that joins the network's logits (semantics.md,
// "Emotion score, per candidate" and "Choosing the pitch"). T is float, or a register of floats that brings its own
// sqrt, max and sigmoid; six of the nine features do not depend on the candidate and come as a number.
#pragma once

#include <cmath>

#include "kernels/math/annotations.h"

namespace kernels {

namespace scalar {
AFFETTO_HD float sqrt(float x) { return sqrtf(x); }
AFFETTO_HD float max(float a, float b) { return a > b ? a : b; }
AFFETTO_HD float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
}  // namespace scalar

/// A window's pitches, less `origin` so that the sums stay small whole numbers: exact in fp32 for any window whose
/// deviation is small, and well conditioned for all others. `origin` is a whole number next to the mean.
template <class T>
struct PitchSums {
  T count;    ///< notes of the window and the candidate: m + 1
  T inverse;  ///< 1 / count
  T origin;
  T sum;      ///< sum of (p - origin)
  T squares;  ///< sum of (p - origin)^2
  T highest;  ///< of p; below every pitch where the window is empty
};

template <class T>
struct PitchFeatures {
  T mean, highest, deviation;  ///< in MIDI numbers; deviation with divisor n
};

/// Features of the window's pitches and one more.
template <class T>
AFFETTO_HD PitchFeatures<T> with_candidate(const PitchSums<T>& window, T pitch) {
  using scalar::max;
  using scalar::sqrt;
  const T q = pitch - window.origin;
  const T sum = window.sum + q;
  // n^2 variance = n sum(q^2) - (sum q)^2, never below 0 with these sums
  const T numerator = window.count * (window.squares + q * q) - sum * sum;
  return {window.origin + sum * window.inverse, max(window.highest, pitch), sqrt(numerator) * window.inverse};
}

/// A cluster's centre as it meets the three pitch features: a feature x is at x * inverse - offset from it, with
/// inverse = 1 / deviation and offset = mean / deviation + centre.
template <class T>
struct PitchCentre {
  T shared;     ///< squared distance of the six other features
  T offset[3];  ///< mean, highest, deviation
};

/// Euclidean distance in scaled space.
template <class T>
AFFETTO_HD T distance(const PitchFeatures<T>& features, const T (&inverse)[3], const PitchCentre<T>& centre) {
  using scalar::sqrt;
  const T mean = features.mean * inverse[0] - centre.offset[0];
  const T highest = features.highest * inverse[1] - centre.offset[1];
  const T deviation = features.deviation * inverse[2] - centre.offset[2];
  return sqrt(((centre.shared + mean * mean) + highest * highest) + deviation * deviation);
}

/// 1 - exp(d_wanted) / (exp(d_wanted) + exp(d_other)), without overflow.
template <class T>
AFFETTO_HD T emotion_score(T wanted, T other) {
  using scalar::sigmoid;
  return sigmoid(other - wanted);
}

/// logits' of one candidate; alpha and beta are already divided by the temperature.
template <class T>
AFFETTO_HD T blended_logit(T alpha, T score, T beta, T logit) {
  return alpha * score + beta * logit;
}

}  // namespace kernels
