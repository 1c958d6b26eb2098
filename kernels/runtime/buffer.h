// Memory of the device, and of the host where the device reads it fast.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

// Bytes, for the templates below. Copies are enqueued; their host memory must stay as it is until the stream is past
// them. All @throw CudaError, allocations OutOfMemory.
void* allocate_device(std::size_t bytes);
void free_device(void* memory) noexcept;  ///< waits for the device, like cudaFree
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* memory) noexcept;
void copy_to_device(void* device, const void* host, std::size_t bytes, StreamRef stream);
void copy_to_host(void* host, const void* device, std::size_t bytes, StreamRef stream);
void copy_on_device(void* to, const void* from, std::size_t bytes, StreamRef stream);
void fill_bytes(void* device, unsigned char value, std::size_t bytes, StreamRef stream);

/// `count` elements on the device, owned and uninitialised (on the emulator 0xff). Work goes to the stream given at
/// construction, which must outlive the buffer; a copy's range that leaves the buffer is a std::invalid_argument.
template <typename T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>, "device memory holds plain data");

 public:
  DeviceBuffer() = default;
  DeviceBuffer(StreamRef stream, std::size_t count)
      : memory_(count == 0 ? nullptr : allocate_device(count * sizeof(T))), count_(count), stream_(stream) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, 0)), stream_(other.stream_) {}
  DeviceBuffer& operator=(DeviceBuffer other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    std::swap(stream_, other.stream_);
    return *this;
  }

  T* data() const noexcept { return static_cast<T*>(memory_.get()); }
  std::size_t size() const noexcept { return count_; }
  std::size_t size_bytes() const noexcept { return count_ * sizeof(T); }
  StreamRef stream() const noexcept { return stream_; }

  /// Enqueues host -> this[at, at + host.size()); `host` must not change until the stream is past it.
  void upload(std::span<const T> host, std::size_t at = 0) {
    check(at, host.size(), "upload");
    if (!host.empty()) copy_to_device(data() + at, host.data(), host.size_bytes(), stream_);
  }
  /// Enqueues this[at, at + host.size()) -> host, which is to be read after the stream is past it.
  void download(std::span<T> host, std::size_t at = 0) const {
    check(at, host.size(), "download");
    if (!host.empty()) copy_to_host(host.data(), data() + at, host.size_bytes(), stream_);
  }
  /// Enqueues a copy of all of `other`, which has the same size.
  void copy_from(const DeviceBuffer& other) {
    if (other.size() != count_) {
      throw std::invalid_argument("DeviceBuffer: copy_from " + std::to_string(other.size()) + " elements to " +
                                  std::to_string(count_));
    }
    if (count_ > 0) copy_on_device(data(), other.data(), size_bytes(), stream_);
  }
  /// Enqueues setting every byte.
  void fill(unsigned char value) {
    if (count_ > 0) fill_bytes(data(), value, size_bytes(), stream_);
  }
  /// Downloads everything and waits for it.
  std::vector<T> to_host() const {
    std::vector<T> host(count_);
    download(host);
    stream_.synchronize();
    return host;
  }

 private:
  void check(std::size_t at, std::size_t count, const char* what) const {
    if (at > count_ || count > count_ - at) {
      throw std::invalid_argument(std::string("DeviceBuffer: ") + what + ": elements " + std::to_string(at) + " to " +
                                  std::to_string(at + count) + " of " + std::to_string(count_));
    }
  }

  Owned<free_device> memory_;
  std::size_t count_ = 0;
  StreamRef stream_;
};

/// `count` elements of page-locked host memory: copies from and to it run beside the host's own work.
template <typename T>
class PinnedBuffer {
  static_assert(std::is_trivially_copyable_v<T>, "copied as bytes");

 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::size_t count)
      : memory_(count == 0 ? nullptr : allocate_pinned(count * sizeof(T))), count_(count) {}
  PinnedBuffer(PinnedBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, 0)) {}
  PinnedBuffer& operator=(PinnedBuffer other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    return *this;
  }

  T* data() const noexcept { return static_cast<T*>(memory_.get()); }
  std::size_t size() const noexcept { return count_; }
  std::span<T> span() const noexcept { return {data(), count_}; }
  T& operator[](std::size_t i) const noexcept { return data()[i]; }

 private:
  Owned<free_pinned> memory_;
  std::size_t count_ = 0;
};

}  // namespace kernels::inline AFFETTO_PLATFORM
