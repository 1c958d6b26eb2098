// Memory of the emulated device: poisoned before use, guarded where the address sanitizer looks. Nothing here is seen
// by the race detector: poison is the emulator's, not the kernel's.
#pragma once

#include <cstddef>

namespace kernels::emulator {

/// Fills with 0xff: NaN as a float of any size, -1 as an integer.
void poison(std::byte* memory, std::size_t bytes);
/// Copies as the emulator, not as the running thread.
void quiet_copy(std::byte* to, const std::byte* from, std::size_t bytes);
void quiet_zero(std::byte* to, std::size_t bytes);
/// Any further access is an error under the address sanitizer, until it is allowed again.
void forbid(const std::byte* memory, std::size_t bytes);
void allow(const std::byte* memory, std::size_t bytes);
/// Whether forbidden memory cannot even be looked at by the emulator.
bool guards_hidden();

/// A block's shared memory, poisoned, an allocation of its own. @throws std::bad_alloc
std::byte* take_shared(std::size_t bytes);
void give_shared(std::byte* memory, std::size_t bytes) noexcept;

}  // namespace kernels::emulator
