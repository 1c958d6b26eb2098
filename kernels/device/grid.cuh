// The barrier of all blocks, in a cooperative launch: what was written before is seen after it.
#pragma once

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/barrier.h"
#else
#include <cooperative_groups.h>
#endif

namespace kernels::inline AFFETTO_PLATFORM::dev {

#if defined(AFFETTO_EMULATED)
inline void grid_sync(const emulator::Site& site = emulator::Site::current()) { emulator::grid_barrier(site); }
#else
__device__ __forceinline__ void grid_sync() { cooperative_groups::this_grid().sync(); }
#endif

}  // namespace kernels::inline AFFETTO_PLATFORM::dev
