// What is measured on. `emulated` is the same code on the host emulator: to see that it works; its times mean nothing.
#pragma once

#include "kernels/runtime/device.h"

namespace bench::gpu {

enum class Target { cuda, emulated };

/// Takes --emulated out of the command line.
Target take_target(int& argc, char** argv);

/// Whether there is something to measure on, and what it is.
kernels::DeviceState device_state(Target target);

}  // namespace bench::gpu
