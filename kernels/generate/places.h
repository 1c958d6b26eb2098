// Hands out places in a block's shared memory, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernels {

class Places {
 public:
  static constexpr std::int64_t kAlign = 16;  ///< bytes: what a thread reads at once at most
  /// @return bytes from the beginning of shared memory, a multiple of kAlign
  template <class T>
  std::int64_t of(std::int64_t count) {
    static_assert(alignof(T) <= kAlign);
    const std::int64_t place = bytes_;
    bytes_ += (count * static_cast<std::int64_t>(sizeof(T)) + kAlign - 1) / kAlign * kAlign;
    return place;
  }
  std::size_t bytes() const { return static_cast<std::size_t>(bytes_); }

 private:
  std::int64_t bytes_ = 0;
};

}  // namespace kernels
