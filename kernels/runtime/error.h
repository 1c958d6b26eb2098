// A CUDA call or launch that failed.
#pragma once

#include <stdexcept>
#include <string>

namespace kernels {

struct CudaError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace kernels
