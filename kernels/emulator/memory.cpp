#include "kernels/emulator/memory.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(AFFETTO_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace kernels::emulator {
namespace {

constexpr std::size_t kSharedAlignment = 1024;  // what swizzled tiles need

}  // namespace

// Plain loops, and the compiler is told (CMakeLists.txt) not to make calls of them: the race detector would see those.
void poison(std::byte* memory, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) memory[i] = std::byte{0xff};
}

void quiet_copy(std::byte* to, const std::byte* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = from[i];
}

void quiet_zero(std::byte* to, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = std::byte{0};
}

#if defined(AFFETTO_ASAN)
void forbid(const std::byte* memory, std::size_t bytes) { __asan_poison_memory_region(memory, bytes); }
void allow(const std::byte* memory, std::size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
bool guards_hidden() { return true; }
#else
void forbid(const std::byte*, std::size_t) {}
void allow(const std::byte*, std::size_t) {}
bool guards_hidden() { return false; }
#endif

std::byte* take_shared(std::size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, kSharedAlignment, std::max<std::size_t>(bytes, 1)) != 0) throw std::bad_alloc();
  poison(static_cast<std::byte*>(memory), bytes);
  return static_cast<std::byte*>(memory);
}

void give_shared(std::byte* memory, std::size_t bytes) noexcept {
  allow(memory, bytes);
  std::free(memory);
}

}  // namespace kernels::emulator
