#include "kernels/runtime/buffer.h"

#include "kernels/runtime/cuda/check.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, StreamRef stream) {
  check(cudaMemcpyAsync(to, from, bytes, kind, static_cast<cudaStream_t>(stream.checked("copy"))), "cudaMemcpyAsync");
}

}  // namespace

void* allocate_device(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "cudaMalloc");
  return memory;
}

void free_device(void* memory) noexcept { static_cast<void>(cudaFree(memory)); }

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, bytes), "cudaMallocHost");
  return memory;
}

void free_pinned(void* memory) noexcept { static_cast<void>(cudaFreeHost(memory)); }

void copy_to_device(void* device, const void* host, std::size_t bytes, StreamRef stream) {
  copy(device, host, bytes, cudaMemcpyHostToDevice, stream);
}
void copy_to_host(void* host, const void* device, std::size_t bytes, StreamRef stream) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost, stream);
}
void copy_on_device(void* to, const void* from, std::size_t bytes, StreamRef stream) {
  copy(to, from, bytes, cudaMemcpyDeviceToDevice, stream);
}
void fill_bytes(void* device, unsigned char value, std::size_t bytes, StreamRef stream) {
  check(cudaMemsetAsync(device, value, bytes, static_cast<cudaStream_t>(stream.checked("fill"))), "cudaMemsetAsync");
}

}  // namespace kernels::inline AFFETTO_PLATFORM
