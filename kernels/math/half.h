// The two 16-bit floats, as storage: readable on any machine, the same bits on host and device. Arithmetic is done in
// float. Conversions to 16 bits round to nearest, ties to even; NaN stays NaN.
#pragma once

#include <cstdint>

#include "kernels/math/annotations.h"

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include <bit>
#endif

namespace kernels {

struct Half {
  std::uint16_t bits;  ///< IEEE binary16: 1 sign, 5 exponent, 10 fraction
  friend bool operator==(const Half&, const Half&) = default;
};

struct Bfloat16 {
  std::uint16_t bits;  ///< the upper half of a float
  friend bool operator==(const Bfloat16&, const Bfloat16&) = default;
};

#if defined(__CUDACC__)

AFFETTO_HD Half to_half(float x) { return {static_cast<__half_raw>(__float2half_rn(x)).x}; }
AFFETTO_HD Bfloat16 to_bfloat16(float x) { return {static_cast<__nv_bfloat16_raw>(__float2bfloat16_rn(x)).x}; }
AFFETTO_HD float to_float(Half x) {
  __half_raw raw;
  raw.x = x.bits;
  return __half2float(__half(raw));
}
AFFETTO_HD float to_float(Bfloat16 x) {
  __nv_bfloat16_raw raw;
  raw.x = x.bits;
  return __bfloat162float(__nv_bfloat16(raw));
}

#else

inline Bfloat16 to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (x != x) return {static_cast<std::uint16_t>(bits >> 16 | 0x40u)};  // a quiet NaN
  const std::uint32_t tie_to_even = 0x7fffu + (bits >> 16 & 1u);
  return {static_cast<std::uint16_t>((bits + tie_to_even) >> 16)};
}

inline float to_float(Bfloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }

inline Half to_half(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const float size = std::bit_cast<float>(bits & 0x7fffffffu);
  if (x != x) return {static_cast<std::uint16_t>(sign | 0x7e00u)};
  if (size >= 65520.0f) return {static_cast<std::uint16_t>(sign | 0x7c00u)};  // rounds beyond the largest, 65504
  if (size < 0x1p-14f) {
    // Below the smallest normal a unit is 2^-24, and that is the last place of a float in [1/2, 1).
    const auto units = std::bit_cast<std::uint32_t>(size + 0.5f) - std::bit_cast<std::uint32_t>(0.5f);
    return {static_cast<std::uint16_t>(sign | units)};
  }
  const std::uint32_t positive = bits & 0x7fffffffu;
  const std::uint32_t rounded = positive + 0xfffu + (positive >> 13 & 1u);
  return {static_cast<std::uint16_t>(sign | ((rounded >> 13) - (112u << 10)))};  // exponent bias 127 becomes 15
}

inline float to_float(Half x) {
  const std::uint32_t sign = static_cast<std::uint32_t>(x.bits & 0x8000u) << 16;
  const std::uint32_t exponent = x.bits >> 10 & 31u, fraction = x.bits & 1023u;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -size : size;
  }
  const std::uint32_t widened = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

#endif

template <typename T>
AFFETTO_HD T from_float(float x);
template <>
AFFETTO_HD float from_float<float>(float x) {
  return x;
}
template <>
AFFETTO_HD Half from_float<Half>(float x) {
  return to_half(x);
}
template <>
AFFETTO_HD Bfloat16 from_float<Bfloat16>(float x) {
  return to_bfloat16(x);
}
AFFETTO_HD float to_float(float x) { return x; }

/// Two neighbours as one register of a matrix operation: the first in the low half.
template <typename T>
AFFETTO_HD std::uint32_t pack(T low, T high) {
  return low.bits | static_cast<std::uint32_t>(high.bits) << 16;
}

}  // namespace kernels
