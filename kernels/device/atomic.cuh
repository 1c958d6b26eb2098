// Atomic operations and ordered accesses, for memory that blocks share. CUDA's atomicAdd and its kin are relaxed: they
// order nothing. Those of dev:: say their order; all reach the whole GPU. T has 4 or 8 bytes.
#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/device/host/atomic.h"
#else
#include "kernels/device/cuda/atomic.cuh"
#endif
