#include "kernels/runtime/device.h"

#include "kernels/emulator/device.h"
#include "kernels/emulator/virtual_device.h"

namespace kernels::inline AFFETTO_PLATFORM {

DeviceState device_state() {
  const emulator::VirtualDevice& device = emulator::current_device();
  DeviceState state;
  state.available = true;
  state.info.name = device.name;
  state.info.multiprocessors = device.multiprocessors;
  state.info.memory_bytes = emulator::kDeviceBytes;
  state.info.shared_bytes = device.shared_bytes;
  state.info.capability_major = device.capability / 10;
  state.info.capability_minor = device.capability % 10;
  state.info.code_capability = device.capability;
  return state;
}

DeviceLimits device_limits() { return limits_of(device_state().info); }

}  // namespace kernels::inline AFFETTO_PLATFORM
