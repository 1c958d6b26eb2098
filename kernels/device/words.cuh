// CUDA's own words. nvcc knows them; for the host they are defined here, and mean the emulator's running thread.
#pragma once

#include "kernels/device/platform.h"

#if defined(AFFETTO_EMULATED)
#include "kernels/device/host/vectors.h"
#include "kernels/device/host/words.h"
// How a loop that follows is compiled, where registers hang on it.
#define AFFETTO_UNROLLED
#define AFFETTO_ROLLED
#else
#include <cuda_runtime.h>
#define AFFETTO_UNROLLED _Pragma("unroll")
#define AFFETTO_ROLLED _Pragma("unroll 1")
#endif
