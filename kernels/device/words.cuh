// CUDA's own words. nvcc knows them; for the host they are defined here, and mean the emulator's running thread.
#pragma once

#include "kernels/device/platform.h"

#if defined(AFFETTO_EMULATED)
#include "kernels/device/host/vectors.h"
#include "kernels/device/host/words.h"
#else
#include <cuda_runtime.h>
#endif
