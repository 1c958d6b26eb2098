// Ends the launch from within a kernel.
#pragma once

#include "kernels/emulator/thread.h"

namespace kernels::emulator {

/// A fault of the running kernel, with a message.
[[noreturn]] void trap(const char* message, unsigned code, const Site& site);
/// Lets another thread run first, now and then: what surrounds an atomic operation.
void interleave();

}  // namespace kernels::emulator
