// How an emotion shortens or lengthens steps and durations (semantics.md, "Modulating step and duration").
#pragma once

#include "kernels/math/annotations.h"
#include "kernels/math/philox.h"

namespace kernels {

/// gamma of a draw g ~ N(1, sigma): |1 - |g|| where folded, else 1 - |g|.
AFFETTO_HD double modulation_gamma(double g, bool folded) {
  const double gap = 1 - (g < 0 ? -g : g);
  return folded && gap < 0 ? -gap : gap;
}

/// gamma of the draw for one note; what is drawn once for a piece is drawn at note 0.
AFFETTO_HD double drawn_gamma(std::uint64_t seed, std::uint64_t piece, std::uint32_t note, Purpose purpose,
                              double sigma, bool folded) {
  const Words4 words = random_words(seed, piece, note, purpose);
  return modulation_gamma(1 + sigma * gaussian(words.w[0], words.w[1]), folded);
}

/// The played seconds of a prediction: below 0 nothing is played, neither from the network nor from a large sigma.
/// @param label  +1 happy, -1 sad, 0 neither
AFFETTO_HD double modulated(double predicted, int label, double gamma) {
  const double played = (predicted < 0 ? 0 : predicted) * (1 - label * gamma);
  return played < 0 ? 0 : played;
}

}  // namespace kernels
