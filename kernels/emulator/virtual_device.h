// What the emulated device says that it is, and refuses to go beyond: so that what is chosen for another GPU can be
// tried without one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kernels/device/shape.h"

namespace kernels::emulator {

struct VirtualDevice {
  std::string name = "emulated device";
  int multiprocessors = 4;  ///< enough for work to be spread, few enough for tests to be quick
  int capability = 90;      ///< 90 is 9.0; clusters begin there
  std::size_t shared_bytes = kSharedLimit;
};

/// "sm_80", "sm_86", "sm_89" or "sm_90": the default device with that capability and its shared memory.
/// @throws std::invalid_argument for another text
VirtualDevice parse_device(std::string_view text);

/// That of the environment variable AFFETTO_EMULATOR_DEVICE, or the default, unless a scope says otherwise.
const VirtualDevice& current_device();

/// Takes the place of the device as long as it lives. Scopes nest; one thread makes them.
class DeviceScope {
 public:
  explicit DeviceScope(VirtualDevice device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  VirtualDevice before_;
};

}  // namespace kernels::emulator
