// What a chosen note, or a fault, makes of a piece's progress: the same for every rung.
#pragma once

#include "kernels/device/words.cuh"
#include "kernels/generate/pieces.h"

namespace kernels::inline AFFETTO_PLATFORM {

__device__ inline void go_on(Progress& progress) {
  ++progress.consumed;
  ++progress.written;
  ++progress.out_at;
  --progress.left;
  progress.fresh = 1;
}
__device__ inline void stop_at(Progress& progress, int fault) {
  progress.left = 0;
  progress.fresh = 0;
  progress.fault = fault;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
