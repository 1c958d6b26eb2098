#include <cmath>
#include <cstddef>

#include "kernels/ops/pointwise.h"

namespace kernels {
namespace {

double on_curve(double x, Curve curve) {
  if (std::isnan(x)) return x;
  switch (curve) {
    case Curve::relu:
      return x > 0 ? x : 0;
    case Curve::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Curve::tanh:
      return std::tanh(x);
    default:
      return x;
  }
}

}  // namespace

void unary_ref(const Unary& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    if (op.part != nullptr && op.part[r] == 0) continue;
    for (int c = 0; c < op.columns; ++c) {
      op.y[r * op.y_stride + c] = static_cast<float>(on_curve(op.x[r * op.x_stride + c], op.curve));
    }
  }
}

void binary_ref(const Binary& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    if (op.part != nullptr && op.part[r] == 0) continue;
    for (int c = 0; c < op.columns; ++c) {
      const double a = op.a[r * op.a_stride + c], b = op.b[r * op.b_stride + c];
      op.y[r * op.y_stride + c] = static_cast<float>(op.join == Join::add ? a + b : a * b);
    }
  }
}

}  // namespace kernels
