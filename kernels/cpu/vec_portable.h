// vec.h on the vector extension that GCC and clang share: 4 lanes on any processor. Include vec.h, not this file.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/math/half.h"

namespace kernels::AFFETTO_ISA {

inline constexpr int kLanes = 4;

typedef float RawFloats __attribute__((vector_size(16)));
typedef std::int32_t RawInts __attribute__((vector_size(16)));

struct Vec {
  RawFloats raw;
};
struct Mask {
  RawInts raw;  // all ones or all zeros per lane
};

inline Mask first_lanes(int n) { return {RawInts{0, 1, 2, 3} < RawInts{n, n, n, n}}; }

inline Vec load(const float* p) {
  Vec v;
  std::memcpy(&v.raw, p, sizeof v.raw);
  return v;
}
inline Vec load(const Half* p) { return {RawFloats{to_float(p[0]), to_float(p[1]), to_float(p[2]), to_float(p[3])}}; }
inline Vec load_first(const float* p, int n) {
  Vec v{RawFloats{0, 0, 0, 0}};
  for (int i = 0; i < n; ++i) v.raw[i] = p[i];
  return v;
}
inline void store(float* p, Vec v) { std::memcpy(p, &v.raw, sizeof v.raw); }
inline void store_first(float* p, Vec v, int n) {
  for (int i = 0; i < n; ++i) p[i] = v.raw[i];
}
inline Vec broadcast(float x) { return {RawFloats{x, x, x, x}}; }
inline Vec zero() { return {RawFloats{0, 0, 0, 0}}; }
inline Vec lane_index() { return {RawFloats{0, 1, 2, 3}}; }

inline Vec operator+(Vec a, Vec b) { return {a.raw + b.raw}; }
inline Vec operator-(Vec a, Vec b) { return {a.raw - b.raw}; }
inline Vec operator*(Vec a, Vec b) { return {a.raw * b.raw}; }
inline Vec operator/(Vec a, Vec b) { return {a.raw / b.raw}; }
#if defined(__FP_FAST_FMAF)
inline Vec fma(Vec a, Vec b, Vec c) {
  for (int i = 0; i < kLanes; ++i) c.raw[i] = __builtin_fmaf(a.raw[i], b.raw[i], c.raw[i]);
  return c;
}
inline Vec fnma(Vec a, Vec b, Vec c) { return fma({-a.raw}, b, c); }
inline Vec fnms(Vec a, Vec b, Vec c) { return fma({-a.raw}, b, {-c.raw}); }
#else
inline Vec fma(Vec a, Vec b, Vec c) { return {a.raw * b.raw + c.raw}; }
inline Vec fnma(Vec a, Vec b, Vec c) { return {c.raw - a.raw * b.raw}; }
inline Vec fnms(Vec a, Vec b, Vec c) { return {-(a.raw * b.raw) - c.raw}; }
#endif

inline Mask less(Vec a, Vec b) { return {RawInts(a.raw < b.raw)}; }
inline Mask less_equal(Vec a, Vec b) { return {RawInts(a.raw <= b.raw)}; }
inline Mask equal(Vec a, Vec b) { return {RawInts(a.raw == b.raw)}; }
inline Mask both(Mask a, Mask b) { return {a.raw & b.raw}; }
inline Vec select(Mask m, Vec yes, Vec no) {
  return {RawFloats((m.raw & RawInts(yes.raw)) | (~m.raw & RawInts(no.raw)))};
}
inline bool any(Mask m) { return (m.raw[0] | m.raw[1] | m.raw[2] | m.raw[3]) != 0; }

inline Vec max(Vec a, Vec b) { return select({RawInts(a.raw > b.raw)}, a, b); }
inline Vec min(Vec a, Vec b) { return select(less(a, b), a, b); }
inline Vec abs(Vec a) { return {RawFloats(RawInts(a.raw) & RawInts{0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF})}; }
inline Vec sqrt(Vec a) {
  for (int i = 0; i < kLanes; ++i) a.raw[i] = __builtin_sqrtf(a.raw[i]);
  return a;
}

/// 2^n as a float for a whole number n in -126..127 that sits in the low bits of `shifted` = n + kRoundingShift.
inline Vec exponent(Vec shifted) {
  typedef std::uint32_t RawWords __attribute__((vector_size(16)));
  const RawWords one{0x3F800000u, 0x3F800000u, 0x3F800000u, 0x3F800000u};
  return {RawFloats((RawWords(shifted.raw) << 23) + one)};
}

inline Vec reciprocal(Vec v) { return broadcast(1.0f) / v; }

inline float sum(Vec v) { return (v.raw[0] + v.raw[2]) + (v.raw[1] + v.raw[3]); }
inline float highest(Vec v) {
  const float even = v.raw[0] > v.raw[2] ? v.raw[0] : v.raw[2], odd = v.raw[1] > v.raw[3] ? v.raw[1] : v.raw[3];
  return even > odd ? even : odd;
}
inline float lowest(Vec v) {
  const float even = v.raw[0] < v.raw[2] ? v.raw[0] : v.raw[2], odd = v.raw[1] < v.raw[3] ? v.raw[1] : v.raw[3];
  return even < odd ? even : odd;
}

}  // namespace kernels::AFFETTO_ISA
