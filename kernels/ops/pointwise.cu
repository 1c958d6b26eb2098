#include "kernels/math/lstm.h"
#include "kernels/ops/elements.cuh"
#include "kernels/ops/pointwise.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

__device__ float on_curve(float x, Curve curve) {
  switch (curve) {
    case Curve::relu:
      return x < 0 ? 0 : x;
    case Curve::sigmoid:
      return logistic(x);
    case Curve::tanh:
      return tanhf(x);
    default:
      return x;
  }
}

// One thread owns one element.
__global__ void __launch_bounds__(kElementThreads) unary_kernel(const __grid_constant__ Unary op) {
  const std::int64_t n = element(), row = n / op.columns, column = n % op.columns;
  if (row >= op.rows || (op.part != nullptr && op.part[row] == 0)) return;
  op.y[row * op.y_stride + column] = on_curve(op.x[row * op.x_stride + column], op.curve);
}

__global__ void __launch_bounds__(kElementThreads) binary_kernel(const __grid_constant__ Binary op) {
  const std::int64_t n = element(), row = n / op.columns, column = n % op.columns;
  if (row >= op.rows || (op.part != nullptr && op.part[row] == 0)) return;
  const float a = op.a[row * op.a_stride + column], b = op.b[row * op.b_stride + column];
  op.y[row * op.y_stride + column] = op.join == Join::add ? a + b : a * b;
}

}  // namespace

void unary(const Unary& op, StreamRef stream) {
  launch_elements("unary", unary_kernel, std::int64_t{op.rows} * op.columns, stream, op);
}

void binary(const Binary& op, StreamRef stream) {
  launch_elements("binary", binary_kernel, std::int64_t{op.rows} * op.columns, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
