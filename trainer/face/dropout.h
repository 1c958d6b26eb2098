// Which features of a picture a dropout mask keeps.
#pragma once

#include <span>

#include "trainer/bptt/dropout.h"
#include "trainer/face/batch.h"

namespace trainer {

/// Factors of picture i's features: all 1 without dropout.
inline void feature_dropout(const FaceBatch& batch, std::size_t i, std::span<float> factors) {
  constexpr int kHead = 0;  // the layer's number in the counter: there is one
  const std::size_t quads = (factors.size() + 3) / 4;
  for (std::size_t c = 0; c < factors.size(); ++c) {
    float four[4] = {1, 1, 1, 1};
    if (batch.dropout > 0) {
      const auto quad = static_cast<std::uint32_t>(i * quads + c / 4);
      dropout_factors(batch.seed, batch.iteration, kHead, quad, batch.dropout, four);
    }
    factors[c] = four[c % 4];
  }
}

}  // namespace trainer
