#include "kernels/runtime/device.h"

#include <cuda_runtime_api.h>

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// Kernels use clusters, asynchronous bulk copies and up to 227 KiB of shared memory.
constexpr int kOldestCapability = 9;

std::string version(int cuda) { return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10); }

DeviceState& unavailable(DeviceState& state, std::string why_not, std::string hint) {
  state.why_not = std::move(why_not);
  state.hint = std::move(hint);
  return state;
}

void describe(DeviceInfo& info, const cudaDeviceProp& device) {
  info.name = device.name;
  info.multiprocessors = device.multiProcessorCount;
  info.memory_bytes = device.totalGlobalMem;
  info.shared_bytes = device.sharedMemPerBlockOptin;
  info.l2_bytes = static_cast<std::size_t>(device.l2CacheSize);
  info.capability_major = device.major;
  info.capability_minor = device.minor;
}

}  // namespace

DeviceState device_state() {
  DeviceState state;
  DeviceInfo& info = state.info;
  int count = 0;
  const cudaError_t counted = cudaGetDeviceCount(&count);
  static_cast<void>(cudaGetLastError());
  static_cast<void>(cudaRuntimeGetVersion(&info.runtime_version));
  if (cudaDriverGetVersion(&info.driver_version) != cudaSuccess || info.driver_version == 0) {
    return unavailable(state, "there is no CUDA driver", "install NVIDIA's driver, or use --device cpu");
  }
  if (counted == cudaErrorInsufficientDriver) {
    return unavailable(state,
                       "the driver is made for CUDA " + version(info.driver_version) + ", this program for " +
                           version(info.runtime_version),
                       "install a newer driver, or use --device cpu");
  }
  if (counted == cudaErrorNoDevice || (counted == cudaSuccess && count == 0)) {
    return unavailable(state, "there is a CUDA driver and no GPU",
                       "see whether nvidia-smi lists one and CUDA_VISIBLE_DEVICES hides it, or use --device cpu");
  }
  cudaDeviceProp device{};
  const cudaError_t error = counted == cudaSuccess ? cudaGetDeviceProperties(&device, 0) : counted;
  if (error != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return unavailable(state, std::string(cudaGetErrorName(error)) + " (" + cudaGetErrorString(error) + ")",
                       "see what nvidia-smi says, or use --device cpu");
  }
  describe(info, device);
  if (device.major < kOldestCapability) {
    return unavailable(state,
                       info.name + " has compute capability " + std::to_string(device.major) + "." +
                           std::to_string(device.minor) + ", the kernels need 9.0",
                       "use a Hopper GPU (H100, H200), or --device cpu");
  }
  state.available = true;
  return state;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
