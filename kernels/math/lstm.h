// The LSTM cell for one unit, on host and device.
#pragma once

#include <cmath>

#include "kernels/math/annotations.h"

namespace kernels {

struct CellState {
  float c, h;
};

AFFETTO_HD float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

/// i, f, g, o before their activations; i, f, o through the logistic function, g through tanh.
/// @param Curves  has both as static functions
template <class Curves>
AFFETTO_HD CellState lstm_cell_by(float i, float f, float g, float o, float c_prev) {
  const float c = Curves::logistic(f) * c_prev + Curves::logistic(i) * Curves::tanh(g);
  return {c, Curves::logistic(o) * Curves::tanh(c)};
}

struct LibraryCurves {
  static AFFETTO_HD float logistic(float x) { return kernels::logistic(x); }
  static AFFETTO_HD float tanh(float x) { return tanhf(x); }
};

AFFETTO_HD CellState lstm_cell_unit(float i, float f, float g, float o, float c_prev) {
  return lstm_cell_by<LibraryCurves>(i, f, g, o, c_prev);
}

}  // namespace kernels
