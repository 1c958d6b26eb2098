// Dense layers, sums of rows and activations over columns.
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/tile.h"

namespace kernels::AFFETTO_ISA {
namespace {

template <int Cols, int Groups>
void tile(const DenseStep& step, int group, const DenseColumn* columns) {
  const float* x[Cols];
  for (int c = 0; c < Cols; ++c) x[c] = columns[c].x;
  Vec sums[Cols][Groups];
  for (int v = 0; v < Groups; ++v) {
    const Vec bias = load(step.bias + (group + v) * kLanes);
    for (int c = 0; c < Cols; ++c) sums[c][v] = bias;
  }
  const std::size_t stride = static_cast<std::size_t>(step.terms) * kLanes;
  const float* weights = step.weights + group * stride;
  const float* later = weights + Groups * stride;
  add_products<Cols, Groups, 1>(sums, weights, stride, x, step.terms, later);
  for (int c = 0; c < Cols; ++c) {
    for (int v = 0; v < Groups; ++v) store(columns[c].y + (group + v) * kLanes, sums[c][v]);
  }
}

}  // namespace

void dense_step(const DenseStep& step) {
  for_each_tile<1>(step.first_group, step.last_group, step.count,
                   [&](auto cols, auto groups, int group, int column, int) {
                     tile<cols, groups>(step, group, step.columns + column);
                   });
}

void sum_rows(const RowSum& op) {
  for (int j = 0; j < op.size; j += kLanes) {
    Vec total = zero();
    for (int r = 0; r < op.count; ++r) total = fma(broadcast(op.scales[r]), load(op.rows[r] + j), total);
    store(op.out + j, total);
  }
}

void activate(Curve curve, float* values, int size) {
  for (int j = 0; j < size; j += kLanes) {
    const Vec v = load(values + j);
    store(values + j, curve == Curve::relu ? max(zero(), v) : tanh(v));  // a NaN stays one in both
  }
}

}  // namespace kernels::AFFETTO_ISA
