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
AFFETTO_HD CellState lstm_cell_unit(float i, float f, float g, float o, float c_prev) {
  const float c = logistic(f) * c_prev + logistic(i) * tanhf(g);
  return {c, logistic(o) * tanhf(c)};
}

}  // namespace kernels
