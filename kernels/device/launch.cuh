// The one place where a kernel is launched.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "kernels/runtime/error.h"
#include "kernels/runtime/stream.h"

namespace kernels {

struct LaunchShape {
  unsigned grid = 1, block = 1;
};

/// Enqueues kernel(args...) and returns at once. @throws CudaError if the launch is refused
template <typename... Params, typename... Args>
void launch(const char* name, void (*kernel)(Params...), LaunchShape shape, StreamRef stream, const Args&... args) {
  kernel<<<shape.grid, shape.block, 0, static_cast<cudaStream_t>(stream.handle)>>>(args...);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) {
    throw CudaError(std::string(name) + ": " + cudaGetErrorName(error) + " (" + cudaGetErrorString(error) + ")");
  }
}

}  // namespace kernels
