// Is there a device to work on, and what is it?
#pragma once

#include <cstddef>
#include <string>

#include "kernels/device/platform.h"

namespace kernels {

struct DeviceInfo {
  std::string name;  ///< such as "NVIDIA H200"
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;  ///< in all
  std::size_t shared_bytes = 0;  ///< that one block can have
  std::size_t l2_bytes = 0;
  int capability_major = 0, capability_minor = 0;  ///< 9.0 is sm_90
  int driver_version = 0, runtime_version = 0;     ///< CUDA's: 13000 is 13.0
};

struct DeviceState {
  bool available = false;
  std::string why_not;  ///< empty where available
  std::string hint;     ///< the next thing to do, empty where available
  DeviceInfo info;      ///< as far as it is known
};

inline namespace AFFETTO_PLATFORM {

/// Looks at device 0; never throws for a device that is absent or unfit.
DeviceState device_state();

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
