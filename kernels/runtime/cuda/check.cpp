#include "kernels/runtime/cuda/check.h"

#include <string>

#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {

void check(cudaError_t error, const char* call, const std::source_location& place) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // an error that can be survived shall not be seen again by the next call
  const std::string where = std::string(place.file_name()) + ":" + std::to_string(place.line());
  const char* name = cudaGetErrorName(error);
  const std::string text = cudaGetErrorString(error);
  if (error == cudaErrorMemoryAllocation) throw OutOfMemory(call, where, name, text + ": try a smaller batch");
  if (error == cudaErrorNoKernelImageForDevice) {
    throw CudaError(call, where, name, text + ": configure with -DCMAKE_CUDA_ARCHITECTURES for this GPU");
  }
  throw CudaError(call, where, name, text);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
