// Numbers for tests of operations, in host memory and on the device.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/math/philox.h"
#include "kernels/runtime/buffer.h"

namespace kernels {

/// Gaussian numbers; each `stream` has its own.
inline std::vector<float> normals(std::size_t count, float sigma, std::uint32_t stream) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Words4 words = random_words(/*seed=*/2, i, stream, Purpose::kWeights);
    values[i] = sigma * static_cast<float>(gaussian(words.w[0], words.w[1]));
  }
  return values;
}

inline namespace AFFETTO_PLATFORM {

template <typename T>
DeviceBuffer<T> uploaded(StreamRef stream, const std::vector<T>& host) {
  DeviceBuffer<T> buffer(stream, host.size());
  buffer.upload(host);
  stream.synchronize();  // the caller may change or drop its own
  return buffer;
}

/// Each byte 0xff: NaN, or -1.
template <typename T>
DeviceBuffer<T> poisoned(StreamRef stream, std::size_t count) {
  DeviceBuffer<T> buffer(stream, count);
  buffer.fill(0xff);
  return buffer;
}

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
