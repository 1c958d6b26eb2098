#include "kernels/runtime/device.h"

#include "kernels/device/shape.h"
#include "kernels/emulator/device.h"

namespace kernels::inline AFFETTO_PLATFORM {

DeviceState device_state() {
  DeviceState state;
  state.available = true;
  state.info.name = "emulated device";
  state.info.multiprocessors = 4;  // enough for work to be spread, few enough for tests to be quick
  state.info.memory_bytes = emulator::kDeviceBytes;
  state.info.shared_bytes = kSharedLimit;
  state.info.capability_major = 9;
  return state;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
