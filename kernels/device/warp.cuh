// Shuffles, votes and reductions of a warp: CUDA's own names and meanings. They exchange values and order no memory:
// only __syncwarp does. The emulator is stricter than CUDA: a mask may not name lanes that have exited.
#pragma once

#include "kernels/device/sync.cuh"  // __syncwarp belongs to both
#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/device/host/warp.h"
#endif
