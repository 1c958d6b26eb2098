// Is there a device to work on, and what is it?
#pragma once

#include <cstddef>
#include <string>

#include "kernels/device/platform.h"
#include "kernels/device/shape.h"

namespace kernels {

struct DeviceInfo {
  std::string name;  ///< such as "NVIDIA H200"
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;  ///< in all
  std::size_t shared_bytes = 0;  ///< that one block can have
  std::size_t l2_bytes = 0;
  int capability_major = 0, capability_minor = 0;  ///< 9.0 is sm_90
  int code_capability = 0;                         ///< 80, 90: what the device code that runs there was compiled for
  int driver_version = 0, runtime_version = 0;     ///< CUDA's: 13000 is 13.0
};

struct DeviceState {
  bool available = false;
  std::string why_not;  ///< empty where available
  std::string hint;     ///< the next thing to do, empty where available
  DeviceInfo info;      ///< as far as it is known
};

/// Clusters need a device that has them and code that was compiled for them (from 9.0 on).
inline DeviceLimits limits_of(const DeviceInfo& info) {
  return {.multiprocessors = info.multiprocessors < 1 ? 1 : info.multiprocessors,
          .cluster = info.code_capability >= kFirstWithClusters ? kPortableCluster : 1,
          .shared_bytes = info.shared_bytes < kSharedLimit ? info.shared_bytes : kSharedLimit};
}

inline namespace AFFETTO_PLATFORM {

/// Looks at device 0; never throws for a device that is absent or unfit.
DeviceState device_state();

/// Its limits; those of one multiprocessor where there is no device. Cheap after the first call.
DeviceLimits device_limits();

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
