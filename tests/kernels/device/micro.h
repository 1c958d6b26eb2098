// Micro-tests pin what each wrapper means: one small kernel, small whole numbers, exact outputs. The same files run on
// a GPU, and what a test got is in the report of --gtest_output=json, as the properties output0, output1 and so on:
// that is how the emulator's models are compared with hardware (micro_fixtures.py).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/device/backend.h"

namespace kernels::inline AFFETTO_PLATFORM {

class MicroTest : public DeviceTest {
 protected:
  /// Runs kernel(out, args...) with `count` outputs, 0xff before; tells the report what came out.
  template <typename T, typename... Params, typename... Args>
  std::vector<T> outputs(std::size_t count, void (*kernel)(T*, Params...), const LaunchShape& shape,
                         const Args&... args) {
    std::vector<T> got = outputs_about(count, kernel, shape, args...);
    RecordProperty("output" + std::to_string(runs_++), hex(got));
    return got;
  }

  /// The same for approximations, of which bounds are asked: the emulator need not have the GPU's bits, so nothing is
  /// told.
  template <typename T, typename... Params, typename... Args>
  std::vector<T> outputs_about(std::size_t count, void (*kernel)(T*, Params...), const LaunchShape& shape,
                               const Args&... args) {
    DeviceBuffer<T> out(stream(), count);
    out.fill(0xff);
    launch("micro", kernel, shape, stream(), out.data(), args...);
    return out.to_host();
  }

 private:
  int runs_ = 0;

  template <typename T>
  static std::string hex(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) {
      std::uint64_t bits = 0;
      static_assert(sizeof value <= sizeof bits);
      std::memcpy(&bits, &value, sizeof value);
      char digits[20];
      std::snprintf(digits, sizeof digits, "%llx ", static_cast<unsigned long long>(bits));
      text += digits;
    }
    return text;
  }
};

}  // namespace kernels::inline AFFETTO_PLATFORM
