// vec.h for AVX2 with FMA: 8 lanes; masks are registers of all-ones lanes. Include vec.h, not this file.
#pragma once

#include <immintrin.h>

#include "kernels/math/half.h"

namespace kernels::AFFETTO_ISA {

inline constexpr int kLanes = 8;

struct Vec {
  __m256 raw;
};
struct Mask {
  __m256 raw;
};

inline Mask first_lanes(int n) {
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), index))};
}

inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline Vec load(const Half* p) { return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))}; }
inline Vec load_first(const float* p, int n) {
  return {_mm256_maskload_ps(p, _mm256_castps_si256(first_lanes(n).raw))};
}
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v.raw); }
inline void store_first(float* p, Vec v, int n) {
  _mm256_maskstore_ps(p, _mm256_castps_si256(first_lanes(n).raw), v.raw);
}
inline Vec broadcast(float x) { return {_mm256_set1_ps(x)}; }
inline Vec zero() { return {_mm256_setzero_ps()}; }
inline Vec lane_index() { return {_mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7)}; }

inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.raw, b.raw)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.raw, b.raw)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.raw, b.raw)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.raw, b.raw)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.raw, b.raw, c.raw)}; }
inline Vec fnma(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.raw, b.raw, c.raw)}; }
inline Vec fnms(Vec a, Vec b, Vec c) { return {_mm256_fnmsub_ps(a.raw, b.raw, c.raw)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.raw, b.raw)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.raw, b.raw)}; }
inline Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.raw)}; }
inline Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.raw)}; }

inline Mask less(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LT_OQ)}; }
inline Mask less_equal(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LE_OQ)}; }
inline Mask equal(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_EQ_OQ)}; }
inline Mask both(Mask a, Mask b) { return {_mm256_and_ps(a.raw, b.raw)}; }
inline Vec select(Mask m, Vec yes, Vec no) { return {_mm256_blendv_ps(no.raw, yes.raw, m.raw)}; }
inline bool any(Mask m) { return _mm256_movemask_ps(m.raw) != 0; }

/// 2^n as a float for a whole number n in -126..127 that sits in the low bits of `shifted` = n + kRoundingShift.
inline Vec exponent(Vec shifted) {
  const __m256i bits = _mm256_slli_epi32(_mm256_castps_si256(shifted.raw), 23);
  return {_mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(0x3F800000)))};
}

inline Vec reciprocal(Vec v) { return broadcast(1.0f) / v; }

inline float sum(Vec v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v.raw), _mm256_extractf128_ps(v.raw, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float highest(Vec v) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v.raw), _mm256_extractf128_ps(v.raw, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline float lowest(Vec v) {
  const __m128 four = _mm_min_ps(_mm256_castps256_ps128(v.raw), _mm256_extractf128_ps(v.raw, 1));
  const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace kernels::AFFETTO_ISA
