// Turns the error codes of CUDA's calls into exceptions.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>

#include "kernels/device/platform.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// @param call  the function's name
/// @throws OutOfMemory for cudaErrorMemoryAllocation, else CudaError, unless `error` is cudaSuccess
void check(cudaError_t error, const char* call, const std::source_location& place = std::source_location::current());

}  // namespace kernels::inline AFFETTO_PLATFORM
