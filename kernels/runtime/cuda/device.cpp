#include "kernels/runtime/device.h"

#include <cuda_runtime_api.h>

#include "kernels/runtime/architectures.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// Tensor cores that multiply bf16, and copies from global to shared memory past the registers.
constexpr int kOldestCapability = 80;

std::string version(int cuda) { return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10); }

DeviceState& unavailable(DeviceState& state, std::string why_not, std::string hint) {
  state.why_not = std::move(why_not);
  state.hint = std::move(hint);
  return state;
}

int capability_of(const DeviceInfo& info) { return 10 * info.capability_major + info.capability_minor; }

void describe(DeviceInfo& info, const cudaDeviceProp& device) {
  info.name = device.name;
  info.multiprocessors = device.multiProcessorCount;
  info.memory_bytes = device.totalGlobalMem;
  info.shared_bytes = device.sharedMemPerBlockOptin;
  info.l2_bytes = static_cast<std::size_t>(device.l2CacheSize);
  info.capability_major = device.major;
  info.capability_minor = device.minor;
  info.code_capability = code_for(AFFETTO_CUDA_ARCHITECTURES, capability_of(info)).value_or(0);
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
  const std::string capability = std::to_string(capability_of(info));
  if (capability_of(info) < kOldestCapability) {
    return unavailable(state, info.name + " is of sm_" + capability + ", the kernels need sm_80 or later",
                       "use a GPU of the year 2020 or later (A100, RTX 30), or --device cpu");
  }
  if (info.code_capability == 0) {
    return unavailable(state,
                       info.name + " is of sm_" + capability + ", this program's device code is for " +
                           architectures_text(AFFETTO_CUDA_ARCHITECTURES),
                       "build with -DCMAKE_CUDA_ARCHITECTURES=" + capability + ", or use --device cpu");
  }
  state.available = true;
  return state;
}

DeviceLimits device_limits() {
  static const DeviceLimits limits = [] {
    const DeviceState state = device_state();
    return state.available ? limits_of(state.info) : DeviceLimits{};
  }();
  return limits;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
