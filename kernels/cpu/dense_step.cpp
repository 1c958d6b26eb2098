// Dense layers, sums of rows and activations over columns.
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/tile.h"

namespace kernels::AFFETTO_ISA {
namespace {

template <int Cols, int Groups, typename Weight>
void tile(const DenseStep& step, const Weight* all, int group, const DenseColumn* columns) {
  const float* x[Cols];
  for (int c = 0; c < Cols; ++c) x[c] = columns[c].x;
  Vec sums[Cols][Groups];
  for (int v = 0; v < Groups; ++v) {
    const Vec bias = load(step.bias + (group + v) * kLanes);
    for (int c = 0; c < Cols; ++c) sums[c][v] = bias;
  }
  const std::size_t stride = static_cast<std::size_t>(step.terms) * kLanes;
  const Weight* weights = all + group * stride;
  const Weight* later = weights + Groups * stride;
  add_products<Cols, Groups, 1>(sums, weights, stride, x, step.terms, later);
  for (int c = 0; c < Cols; ++c) {
    for (int v = 0; v < Groups; ++v) store(columns[c].y + (group + v) * kLanes, sums[c][v]);
  }
}

template <typename Weight>
void all_tiles(const DenseStep& step, const Weight* weights) {
  for_each_tile<1>(step.first_group, step.last_group, step.count,
                   [&](auto cols, auto groups, int group, int column, int) {
                     tile<cols, groups>(step, weights, group, step.columns + column);
                   });
}

}  // namespace

void dense_step(const DenseStep& step) {
  if (step.weights.halves != nullptr) {
    all_tiles(step, step.weights.halves);
  } else {
    all_tiles(step, step.weights.floats);
  }
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
