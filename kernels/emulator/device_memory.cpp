// Memory of the emulated device: the host's, poisoned, between guard zones.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "kernels/emulator/device.h"
#include "kernels/emulator/faults.h"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/memory.h"
#include "kernels/runtime/error.h"

namespace kernels::emulator {
namespace {

constexpr std::size_t kGuard = 256;  // bytes before and behind; also cudaMalloc's alignment
constexpr std::byte kGuardByte{0xa5};

bool intact(const std::byte* guard, std::size_t bytes) {
  return std::all_of(guard, guard + bytes, [](std::byte b) { return b == kGuardByte; });
}

void paint_guards(std::byte* data, std::size_t bytes) {
  std::fill_n(data - kGuard, kGuard, kGuardByte);
  std::fill_n(data + bytes, kGuard, kGuardByte);
}

}  // namespace

std::byte* Device::allocate(std::size_t bytes, const char* call) {
  const std::scoped_lock lock(mutex_);
  refuse_in_capture(call);
  maybe_fail(Fault::kAllocation, call);
  void* memory = nullptr;
  if (bytes > kDeviceBytes - std::min(allocated_, kDeviceBytes) ||
      posix_memalign(&memory, kGuard, bytes + 2 * kGuard) != 0) {
    throw OutOfMemory(call, "", "cudaErrorMemoryAllocation",
                      "out of memory: " + std::to_string(bytes) + " bytes wanted, " + std::to_string(allocated_) +
                          " of " + std::to_string(kDeviceBytes) + " taken");
  }
  std::byte* data = static_cast<std::byte*>(memory) + kGuard;
  paint_guards(data, bytes);
  poison(data, bytes);
  forbid(data - kGuard, kGuard);
  forbid(data + bytes, kGuard);
  memory_[data] = bytes;
  allocated_ += bytes;
  return data;
}

void Device::free(void* memory) noexcept {
  const std::scoped_lock lock(mutex_);
  auto* data = static_cast<std::byte*>(memory);
  try {
    run_until([&] { return std::all_of(streams_.begin(), streams_.end(), [](auto& s) { return s->queue.empty(); }); },
              nullptr);
  } catch (const std::exception&) {
    // The streams keep it and tell it when they are next used.
  }
  const std::size_t bytes = memory_.at(data);
  allow(data - kGuard, bytes + 2 * kGuard);
  std::free(data - kGuard);
  memory_.erase(data);
  allocated_ -= bytes;
}

void Device::check_range(const void* memory, std::size_t bytes, const char* call) {
  const std::scoped_lock lock(mutex_);
  const auto* at = static_cast<const std::byte*>(memory);
  auto next = memory_.upper_bound(const_cast<std::byte*>(at));
  if (next != memory_.begin()) {
    const auto& [data, size] = *std::prev(next);
    if (at <= data + size && bytes <= static_cast<std::size_t>(data + size - at)) return;
  }
  throw CudaError(call, "", "cudaErrorInvalidValue",
                  std::to_string(bytes) + " bytes that are not inside one device allocation");
}

std::size_t Device::allocated_bytes() {
  const std::scoped_lock lock(mutex_);
  return allocated_;
}

void Device::check_guards(const std::string& after) {
  if (guards_hidden()) return;  // the address sanitizer saw the access itself
  for (const auto& [data, bytes] : memory_) {
    const bool before = intact(data - kGuard, kGuard);
    if (before && intact(data + bytes, kGuard)) continue;
    paint_guards(data, bytes);  // told once
    throw KernelFault(after, "", "write out of bounds",
                      std::string("within 256 bytes ") + (before ? "behind" : "before") + " a device allocation of " +
                          std::to_string(bytes) + " bytes");
  }
}

}  // namespace kernels::emulator
