// The pointwise part of an LSTM step in registers. Include from sources compiled per level only.
//
// N independent cells advance side by side, statement by statement: each is one long chain of dependent operations, and
// a processor looks only some hundred operations ahead for others to fill the gaps with. Three at once take 18 ns each
// where one by one took 23 (2.7 GHz server core of 2023, AVX-512). The bits do not depend on N.
#pragma once

#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {

/// e^(r + n ln 2) + added, with n in the low bits of `shifted` and |r| <= ln 2 / 2; added = -1 loses nothing next to 0.
template <int N>
inline void scaled_expm1(const Vec (&shifted)[N], const Vec (&r)[N], float added, Vec (&out)[N]) {
  Vec q[N], scale[N];
  for (int n = 0; n < N; ++n) scale[n] = exponent(shifted[n]);
  for (int n = 0; n < N; ++n) q[n] = fma(broadcast(kExpm1[0]), r[n], broadcast(kExpm1[1]));
  for (int n = 0; n < N; ++n) q[n] = fma(q[n], r[n], broadcast(kExpm1[2]));
  for (int n = 0; n < N; ++n) q[n] = fma(q[n], r[n], broadcast(kExpm1[3]));
  for (int n = 0; n < N; ++n) q[n] = fma(q[n], r[n], broadcast(kExpm1[4]));
  for (int n = 0; n < N; ++n) q[n] = fma(q[n], r[n] * r[n], r[n]);
  for (int n = 0; n < N; ++n) out[n] = fma(q[n], scale[n], scale[n] + broadcast(added));
}

/// 1 + e^-x for |x| <= 30, clamped there: the logistic function is its reciprocal, within 1e-13 of the true one beyond.
template <int N>
inline void one_plus_exp_minus(const Vec (&x)[N], Vec (&out)[N]) {
  Vec inside[N], shifted[N], r[N];
  for (int n = 0; n < N; ++n) inside[n] = min(broadcast(30.0f), max(broadcast(-30.0f), x[n]));
  for (int n = 0; n < N; ++n) shifted[n] = fma(inside[n], broadcast(-1.44269504f), broadcast(kRoundingShift));
  for (int n = 0; n < N; ++n) {  // ln 2 in one term, since |n| <= 44
    r[n] = fnms(shifted[n] - broadcast(kRoundingShift), broadcast(0.693147182f), inside[n]);
  }
  scaled_expm1(shifted, r, 1.0f, out);
}

/// e^2x - 1, clamped where tanh x = (e^2x - 1) / (e^2x + 1) is +-1 in fp32.
template <int N>
inline void expm1_twice(const Vec (&x)[N], Vec (&out)[N]) {
  Vec inside[N], shifted[N], r[N];
  for (int n = 0; n < N; ++n) inside[n] = min(broadcast(9.25f), max(broadcast(-9.25f), x[n]));
  for (int n = 0; n < N; ++n) shifted[n] = fma(inside[n], broadcast(2 * 1.44269504f), broadcast(kRoundingShift));
  for (int n = 0; n < N; ++n) {
    r[n] = fnma(shifted[n] - broadcast(kRoundingShift), broadcast(0.693147182f), inside[n] + inside[n]);
  }
  scaled_expm1(shifted, r, -1.0f, out);
}

template <int N>
struct Cells {
  Vec gates[4][N];  ///< i f g o, before their curves
  Vec c[N];         ///< old, then new
  Vec h[N];         ///< new
};

/// c' = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c'), each over one common denominator: two reciprocals
/// where the plain form needs five. The clamps keep every product below 1e35; NaN stays NaN.
template <int N>
inline void advance_cells(Cells<N>& cells) {
  const Vec two = broadcast(2.0f);
  Vec forget[N], entry[N], squashed[N], out[N];
  one_plus_exp_minus(cells.gates[1], forget);
  expm1_twice(cells.gates[2], squashed);
  one_plus_exp_minus(cells.gates[0], entry);
  for (int n = 0; n < N; ++n) entry[n] = entry[n] * (squashed[n] + two);
  for (int n = 0; n < N; ++n) {
    cells.c[n] = fma(cells.c[n], entry[n], squashed[n] * forget[n]) * reciprocal(forget[n] * entry[n]);
  }
  one_plus_exp_minus(cells.gates[3], out);
  expm1_twice(cells.c, squashed);
  for (int n = 0; n < N; ++n) cells.h[n] = squashed[n] * reciprocal(out[n] * (squashed[n] + two));
}

}  // namespace kernels::AFFETTO_ISA
