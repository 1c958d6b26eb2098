#include "kernels/generate/pointwise.h"
#include "kernels/generate/product_steps.h"
#include "kernels/generate/steps.cuh"
#include "kernels/math/lstm.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// One thread owns one unit of one piece.
__global__ void __launch_bounds__(kElementThreads) pointwise_cell_kernel(const __grid_constant__ PointwiseCell op) {
  const LayerView& layer = op.network.layers[op.layer];
  const int hidden = layer.hidden;
  const std::int64_t n = element();
  if (n >= std::int64_t{op.pieces.rows} * hidden) return;
  const int row = static_cast<int>(n / hidden), unit = static_cast<int>(n % hidden);
  const RowStep step = row_step(op.pieces.progress[row], op.network.window, op.number);
  if (step.note_at < 0) return;
  const Played note = op.pieces.window[std::int64_t{row} * op.network.window + step.note_at];
  const auto gate = [&](int q) {
    const int column = q * hidden + unit;
    const float input = op.layer == 0 ? input_gate(op.network, note, column) : 0;
    return op.gates[std::int64_t{row} * 4 * hidden + column] + layer.bias[column] + input;
  };
  const CellState state = lstm_cell_unit(gate(0), gate(1), gate(2), gate(3), op.pieces.c[op.layer][n]);
  op.pieces.c[op.layer][n] = state.c;
  op.pieces.h[op.layer][n] = state.h;
}

// One thread owns one number of one piece.
__global__ void __launch_bounds__(kElementThreads) pointwise_dense_kernel(const __grid_constant__ PointwiseDense op) {
  const std::int64_t n = element();
  if (n >= std::int64_t{op.pieces.rows} * op.dense.size) return;
  const std::int64_t row = n / op.dense.size;
  const int output = static_cast<int>(n % op.dense.size);
  if (op.pieces.progress[row].left <= 0) return;
  op.pieces.readout[row * op.readout_size + op.dense.to + output] =
      curved(op.product[n] + op.dense.bias[output], op.dense.curve);
}

class PointwiseSteps final : public ProductSteps {
 public:
  PointwiseSteps(const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream, bool graphs)
      : ProductSteps("pointwise", network, clusters, slots, stream, graphs) {}

 private:
  void layer_step(const PiecesView& pieces, int layer, int number) override {
    gates_from_state(pieces, layer, gates());
    if (layer > 0) gates_from_below(pieces, layer, gates(), /*add=*/true);
    pointwise_cell({network(), pieces, layer, number, gates()}, stream());
  }
  void dense(const PiecesView& pieces, const DenseView& dense) override {
    dense_product(pieces, dense, products());
    pointwise_dense({dense, pieces, network().readout_size, products()}, stream());
  }
};

}  // namespace

void pointwise_cell(const PointwiseCell& op, StreamRef stream) {
  const std::int64_t count = std::int64_t{op.pieces.rows} * op.network.layers[op.layer].hidden;
  launch_elements("pointwise_cell", pointwise_cell_kernel, count, stream, op);
}

void pointwise_dense(const PointwiseDense& op, StreamRef stream) {
  launch_elements("pointwise_dense", pointwise_dense_kernel, std::int64_t{op.pieces.rows} * op.dense.size, stream, op);
}

std::unique_ptr<Steps> make_pointwise_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                            StreamRef stream, bool graphs) {
  return std::make_unique<PointwiseSteps>(network, clusters, slots, stream, graphs);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
