// An activation as a map in fp16 keeps it.
#pragma once

#include "kernels/device/words.cuh"
#include "kernels/math/half.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Beyond the largest fp16 a number stays the largest: a network far from its training data stays finite.
__device__ inline Half activation_half(float y) { return to_half(fminf(y, 65504.0f)); }

}  // namespace kernels::inline AFFETTO_PLATFORM
