// A launch's shape in CUDA's terms.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/device/shape.h"
#include "kernels/runtime/cuda/check.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

class LaunchConfig {
 public:
  /// Also allows the kernel what the shape asks for beyond the defaults. @throws CudaError
  LaunchConfig(const char* name, const void* kernel, const LaunchShape& shape, StreamRef stream);
  LaunchConfig(const LaunchConfig&) = delete;
  LaunchConfig& operator=(const LaunchConfig&) = delete;
  const cudaLaunchConfig_t* native() const { return &config_; }

 private:
  cudaLaunchAttribute attributes_[2];
  cudaLaunchConfig_t config_{};
};

}  // namespace kernels::inline AFFETTO_PLATFORM
