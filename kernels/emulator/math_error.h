// Errors on purpose, as an approximate instruction may make them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/emulator/random.h"

namespace kernels::emulator {

/// Whether approximations err (they do unless a scope says otherwise).
bool math_errs();

/// Exact functions as long as it lives: for tests that compare bits.
class ExactMathScope {
 public:
  ExactMathScope();
  ~ExactMathScope();
  ExactMathScope(const ExactMathScope&) = delete;
  ExactMathScope& operator=(const ExactMathScope&) = delete;

 private:
  bool before_;
};

/// y (1 + e) with |e| <= bound, where e depends on x alone.
inline float with_error(float y, float bound, float x) {
  if (!math_errs()) return y;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  // In [-1, 1), and a little less of the bound than all, for y's own rounding.
  const auto part = static_cast<float>(static_cast<std::int64_t>(Random(bits).next() >> 40) - (1 << 23)) * 0x1p-23f;
  return y + y * (part * 0.75f * bound);
}

}  // namespace kernels::emulator
