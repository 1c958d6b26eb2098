// How long a wait in a kernel may last, and where it says that it lasted too long.
#pragma once

#include <cstdint>

namespace kernels {

/// Passed to a kernel among its parameters. A wait that is still in vain after `polls` looks writes its code into the
/// mailbox and ends the kernel; the host then gets a CudaError, and reads the code. The emulator needs no bound: there
/// a wait that cannot end is a reported deadlock.
struct Watchdog {
  std::uint32_t* mailbox = nullptr;  ///< one word of a PinnedBuffer, 0 before; null: no code is told
  std::uint64_t polls = 1ull << 26;  ///< at some 0.5 us a look half a minute: more than any launch takes
};

}  // namespace kernels
