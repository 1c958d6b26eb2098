#include "kernels/runtime/cuda/launch_config.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr std::size_t kSharedByDefault = 48 << 10;  // more needs to be asked for, and so does a cluster beyond 8
constexpr unsigned kClusterByDefault = 8;

dim3 to_dim3(const Extent& extent) { return {extent.x, extent.y, extent.z}; }

}  // namespace

LaunchConfig::LaunchConfig(const char* name, const void* kernel, const LaunchShape& shape, StreamRef stream) {
  config_.gridDim = to_dim3(shape.grid);
  config_.blockDim = to_dim3(shape.block);
  config_.dynamicSmemBytes = shape.shared_bytes;
  config_.stream = static_cast<cudaStream_t>(stream.checked(name));
  config_.attrs = attributes_;
  if (shape.shared_bytes > kSharedByDefault) {
    check(
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shape.shared_bytes)),
        name);
  }
  if (shape.cluster > 1) {
    cudaLaunchAttribute& attribute = attributes_[config_.numAttrs++];
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {shape.cluster, 1, 1};
  }
  if (shape.cluster > kClusterByDefault) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), name);
  }
  if (shape.cooperative) {
    cudaLaunchAttribute& attribute = attributes_[config_.numAttrs++];
    attribute.id = cudaLaunchAttributeCooperative;
    attribute.val.cooperative = 1;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
