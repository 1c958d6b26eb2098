// The pointwise part of an LSTM step in registers. Include from sources compiled per level only.
#pragma once

#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {

struct Cell {
  Vec c, h;
};

/// 1 + e^-x for |x| <= 30, clamped there: the logistic function is its reciprocal, within 1e-13 of the true one beyond.
inline Vec one_plus_exp_minus(Vec x) {
  const Vec inside = min(broadcast(30.0f), max(broadcast(-30.0f), x));
  const Vec shifted = fma(inside, broadcast(-1.44269504f), broadcast(kRoundingShift));
  const Vec r = fnms(shifted - broadcast(kRoundingShift), broadcast(0.693147182f), inside);  // one term: |n| <= 44
  const Vec scale = exponent(shifted);
  return fma(expm1_near_zero(r), scale, scale + broadcast(1.0f));
}

/// e^2x - 1, clamped where tanh x = (e^2x - 1) / (e^2x + 1) is +-1 in fp32.
inline Vec expm1_twice(Vec x) {
  const Vec inside = min(broadcast(9.25f), max(broadcast(-9.25f), x));
  const Vec shifted = fma(inside, broadcast(2 * 1.44269504f), broadcast(kRoundingShift));
  const Vec r = fnma(shifted - broadcast(kRoundingShift), broadcast(0.693147182f), inside + inside);
  const Vec scale = exponent(shifted);
  return fma(expm1_near_zero(r), scale, scale - broadcast(1.0f));
}

/// c' = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c'), each over one common denominator: two reciprocals
/// where the plain form needs five. The clamps keep every product below 1e35; NaN stays NaN.
inline Cell lstm_cell(Vec i, Vec f, Vec g, Vec o, Vec c) {
  const Vec two = broadcast(2.0f);
  const Vec forget = one_plus_exp_minus(f);
  const Vec squashed = expm1_twice(g);
  const Vec entry = one_plus_exp_minus(i) * (squashed + two);
  const Vec next = fma(c, entry, squashed * forget) * reciprocal(forget * entry);
  const Vec shown = expm1_twice(next);
  const Vec h = shown * reciprocal(one_plus_exp_minus(o) * (shown + two));
  return {next, h};
}

}  // namespace kernels::AFFETTO_ISA
