// vec.h for AVX-512 (F, BW, DQ, VL): 16 lanes and mask registers. Include vec.h, not this file.
#pragma once

// GCC 12's header leaves "undefined" operands of its own uninitialised and then warns about them (PR 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include "kernels/math/half.h"

namespace kernels::AFFETTO_ISA {

inline constexpr int kLanes = 16;

struct Vec {
  __m512 raw;
};
struct Mask {
  __mmask16 raw;
};

inline Mask first_lanes(int n) { return {static_cast<__mmask16>((1u << n) - 1u)}; }

inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline Vec load(const Half* p) { return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))}; }
inline Vec load_first(const float* p, int n) { return {_mm512_maskz_loadu_ps(first_lanes(n).raw, p)}; }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v.raw); }
inline void store_first(float* p, Vec v, int n) { _mm512_mask_storeu_ps(p, first_lanes(n).raw, v.raw); }
inline Vec broadcast(float x) { return {_mm512_set1_ps(x)}; }
inline Vec zero() { return {_mm512_setzero_ps()}; }
inline Vec lane_index() { return {_mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}; }

inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.raw, b.raw)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.raw, b.raw)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.raw, b.raw)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.raw, b.raw)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.raw, b.raw, c.raw)}; }
inline Vec fnma(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.raw, b.raw, c.raw)}; }
inline Vec fnms(Vec a, Vec b, Vec c) { return {_mm512_fnmsub_ps(a.raw, b.raw, c.raw)}; }
inline Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.raw, b.raw)}; }
inline Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.raw, b.raw)}; }
inline Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.raw)}; }
inline Vec abs(Vec a) { return {_mm512_abs_ps(a.raw)}; }

inline Mask less(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LT_OQ)}; }
inline Mask less_equal(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LE_OQ)}; }
inline Mask equal(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_EQ_OQ)}; }
inline Mask both(Mask a, Mask b) { return {static_cast<__mmask16>(a.raw & b.raw)}; }
inline Vec select(Mask m, Vec yes, Vec no) { return {_mm512_mask_blend_ps(m.raw, no.raw, yes.raw)}; }
inline bool any(Mask m) { return m.raw != 0; }

/// 2^n as a float for a whole number n in -126..127 that sits in the low bits of `shifted` = n + kRoundingShift.
inline Vec exponent(Vec shifted) {
  const __m512i bits = _mm512_slli_epi32(_mm512_castps_si512(shifted.raw), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(bits, _mm512_set1_epi32(0x3F800000)))};
}

/// One Newton step on the 14-bit estimate: 28 bits before the last rounding.
inline Vec reciprocal(Vec v) {
  const __m512 estimate = _mm512_rcp14_ps(v.raw);
  const __m512 error = _mm512_fnmadd_ps(v.raw, estimate, _mm512_set1_ps(1.0f));
  return {_mm512_fmadd_ps(estimate, error, estimate)};
}

namespace halves {
inline __m256 low(Vec v) { return _mm512_castps512_ps256(v.raw); }
inline __m256 high(Vec v) { return _mm512_extractf32x8_ps(v.raw, 1); }
}  // namespace halves

inline float sum(Vec v) {
  const __m256 eight = _mm256_add_ps(halves::low(v), halves::high(v));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float highest(Vec v) {
  const __m256 eight = _mm256_max_ps(halves::low(v), halves::high(v));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline float lowest(Vec v) {
  const __m256 eight = _mm256_min_ps(halves::low(v), halves::high(v));
  const __m128 four = _mm_min_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace kernels::AFFETTO_ISA
