// exp, tanh and the logistic function over registers, without tables or branches. Include vec.h, not this file.
//
// e^x - 1 = 2^n (e^r - 1) + (2^n - 1) with x = n ln 2 + r, |r| <= ln 2 / 2, and e^r - 1 = r + r^2 q(r), q the
// polynomial of degree 4 that minimises the largest relative error of e^r - 1 on that interval (Lawson's
// reweighting, 1.3e-8).
#pragma once

namespace kernels::AFFETTO_ISA {

/// Adding this to a float below 2^22 rounds it to a whole number, which then sits in the low bits of the sum.
inline constexpr float kRoundingShift = 12582912.0f;  // 1.5 * 2^23

/// q's coefficients, highest power first.
inline constexpr float kExpm1[5] = {1.38825225e-3f, 8.36654959e-3f, 4.16672007e-2f, 0.166665434f, 0.499999981f};

/// e^r - 1 for |r| <= ln 2 / 2.
inline Vec expm1_near_zero(Vec r) {
  Vec q = broadcast(kExpm1[0]);
  for (int i = 1; i < 5; ++i) q = fma(q, r, broadcast(kExpm1[i]));
  return fma(q, r * r, r);
}

struct ReducedExp {
  Vec shifted;  ///< n + kRoundingShift
  Vec rest;     ///< e^r - 1
};

/// For |x| <= 110. NaN gives a NaN rest.
inline ReducedExp reduce_exp(Vec x) {
  const Vec shifted = fma(x, broadcast(1.44269504f), broadcast(kRoundingShift));
  const Vec n = shifted - broadcast(kRoundingShift);
  // ln 2 = 0.693359375 - 2.12194440e-4, the first with so few bits that n times it is exact
  const Vec r = fnma(n, broadcast(-2.12194440e-4f), fnma(n, broadcast(0.693359375f), x));
  return {shifted, expm1_near_zero(r)};
}

/// e^x within 2 ulp; infinity above 88.73, denormal numbers below -87.34, 0 below -104.
inline Vec exp(Vec x) {
  const ReducedExp e = reduce_exp(min(broadcast(89.0f), max(broadcast(-105.0f), x)));
  // 2^n in two factors, since n goes beyond the exponents of normal numbers
  const Vec shift = broadcast(kRoundingShift);
  const Vec n = e.shifted - shift;
  const Vec half = fma(n, broadcast(0.5f), shift);
  const Vec first = exponent(half), second = exponent((n - (half - shift)) + shift);
  return fma(e.rest, first, first) * second;
}

/// 1 / (1 + e^-x) within 4 ulp for x >= -87; 1 above 17, 2^-126 and less (not 0) below -87.
inline Vec sigmoid(Vec x) {
  const ReducedExp e = reduce_exp(min(broadcast(87.0f), max(broadcast(-87.0f), zero() - x)));
  const Vec scale = exponent(e.shifted);
  return reciprocal(fma(e.rest, scale, scale + broadcast(1.0f)));
}

/// tanh x = (e^2x - 1) / (e^2x + 1) within 4 ulp, also next to 0; +-1 beyond 9.02. -0 gives 0.
inline Vec tanh(Vec x) {
  const ReducedExp e = reduce_exp(min(broadcast(20.0f), max(broadcast(-20.0f), x + x)));
  const Vec scale = exponent(e.shifted);
  const Vec expm1 = fma(e.rest, scale, scale - broadcast(1.0f));
  return expm1 * reciprocal(expm1 + broadcast(2.0f));
}

}  // namespace kernels::AFFETTO_ISA
