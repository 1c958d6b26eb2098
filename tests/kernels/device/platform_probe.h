// A piece of host code that works on either platform, compiled once for each.
#pragma once

#include "kernels/runtime/device.h"

namespace kernels {

struct ProbeResult {
  DeviceState device;
  float h = -1;  ///< of one LSTM cell with zeros in, where there is a device
};

namespace on_cuda {
ProbeResult probe();
}
namespace on_emulator {
ProbeResult probe();
}

}  // namespace kernels
