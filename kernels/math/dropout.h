// Which units a dropout mask keeps: drawn by counter, so that every implementation draws the same mask.
#pragma once

#include <cstdint>

#include "kernels/math/philox.h"

namespace kernels {

/// Factors of four neighbouring units: 0 with probability `rate`, else 1 / (1 - rate), so that the expectation stays
/// (inverted dropout).
/// @param stream  what the mask is for: iteration and layer
AFFETTO_HD void dropout_factors(std::uint64_t seed, std::uint64_t stream, std::uint32_t quad, double rate,
                                float factors[4]) {
  const Words4 words = random_words(seed, stream, quad, Purpose::kDropout);
  const float kept = static_cast<float>(1 / (1 - rate));
  for (int i = 0; i < 4; ++i) factors[i] = uniform(words.w[i]) < rate ? 0.0f : kept;
}

/// The stream of a layer's masks in an iteration.
AFFETTO_HD std::uint64_t dropout_stream(std::uint64_t iteration, int layer) {
  return (iteration << 8) | static_cast<std::uint64_t>(layer);
}

}  // namespace kernels
