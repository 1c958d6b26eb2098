// Which units a dropout mask keeps (kernels/math/dropout.h), by iteration and layer.
#pragma once

#include <cstdint>

#include "kernels/math/dropout.h"

namespace trainer {

/// Factors for the units 4 * quad .. 4 * quad + 3 of a layer's outputs [T * B, H] read as one row.
inline void dropout_factors(std::uint64_t seed, std::uint64_t iteration, int layer, std::uint32_t quad, double rate,
                            float factors[4]) {
  kernels::dropout_factors(seed, kernels::dropout_stream(iteration, layer), quad, rate, factors);
}

}  // namespace trainer
