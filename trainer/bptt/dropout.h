// Which units a dropout mask keeps: drawn by counter, so that every implementation draws the same mask.
#pragma once

#include <cstdint>

#include "kernels/math/philox.h"

namespace trainer {

/// Factors for the units 4 * quad .. 4 * quad + 3 of a layer's outputs [T * B, H] read as one row: 0 with probability
/// `rate`, else 1 / (1 - rate), so that the expectation stays (inverted dropout).
inline void dropout_factors(std::uint64_t seed, std::uint64_t iteration, int layer, std::uint32_t quad, double rate,
                            float factors[4]) {
  const std::uint64_t stream = (iteration << 8) | static_cast<std::uint64_t>(layer);
  const kernels::Words4 words = kernels::random_words(seed, stream, quad, kernels::Purpose::kDropout);
  const float kept = static_cast<float>(1 / (1 - rate));
  for (int i = 0; i < 4; ++i) factors[i] = kernels::uniform(words.w[i]) < rate ? 0.0f : kept;
}

}  // namespace trainer
