// Memory of the emulated device.
#include "kernels/runtime/buffer.h"

#include <cstring>

#include "kernels/emulator/device.h"
#include "kernels/emulator/faults.h"
#include "kernels/emulator/memory.h"
#include "kernels/runtime/host/handles.h"

namespace kernels::inline AFFETTO_PLATFORM {

using emulator::Device;

void* allocate_device(std::size_t bytes) { return Device::instance().allocate(bytes, "cudaMalloc"); }
void free_device(void* memory) noexcept { Device::instance().free(memory); }
void* allocate_pinned(std::size_t bytes) { return Device::instance().allocate(bytes, "cudaMallocHost"); }
void free_pinned(void* memory) noexcept { Device::instance().free(memory); }

void copy_to_device(void* device, const void* host, std::size_t bytes, StreamRef stream) {
  constexpr const char* kCall = "cudaMemcpyAsync (to the device)";
  emulator::StreamState& state = stream_state(stream, kCall);
  Device::instance().check_range(device, bytes, kCall);
  maybe_fail(emulator::Fault::kCopy, kCall);
  Device::instance().enqueue(state, kCall, [=] { std::memcpy(device, host, bytes); });
}

void copy_to_host(void* host, const void* device, std::size_t bytes, StreamRef stream) {
  constexpr const char* kCall = "cudaMemcpyAsync (to the host)";
  emulator::StreamState& state = stream_state(stream, kCall);
  Device::instance().check_range(device, bytes, kCall);
  maybe_fail(emulator::Fault::kCopy, kCall);
  // Who reads before the stream is past the copy reads poison.
  if (state.capture == nullptr) emulator::poison(static_cast<std::byte*>(host), bytes);
  Device::instance().enqueue(state, kCall, [=] { std::memcpy(host, device, bytes); });
}

void copy_on_device(void* to, const void* from, std::size_t bytes, StreamRef stream) {
  constexpr const char* kCall = "cudaMemcpyAsync (on the device)";
  emulator::StreamState& state = stream_state(stream, kCall);
  Device::instance().check_range(to, bytes, kCall);
  Device::instance().check_range(from, bytes, kCall);
  maybe_fail(emulator::Fault::kCopy, kCall);
  Device::instance().enqueue(state, kCall, [=] { std::memmove(to, from, bytes); });
}

void fill_bytes(void* device, unsigned char value, std::size_t bytes, StreamRef stream) {
  constexpr const char* kCall = "cudaMemsetAsync";
  emulator::StreamState& state = stream_state(stream, kCall);
  Device::instance().check_range(device, bytes, kCall);
  maybe_fail(emulator::Fault::kCopy, kCall);
  Device::instance().enqueue(state, kCall, [=] { std::memset(device, value, bytes); });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
