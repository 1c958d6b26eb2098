#include <algorithm>

#include "kernels/generate/product_steps.h"
#include "kernels/generate/state.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t widest_dense(const NetworkView& network) {
  int widest = 0;
  for (int i = 0; i < network.readout_count; ++i) widest = std::max(widest, network.readout[i].size);
  return static_cast<std::size_t>(widest);
}

}  // namespace

ProductSteps::ProductSteps(const char* name, const NetworkView& network, const ClustersView& clusters, int slots,
                           StreamRef stream, bool graphs)
    : ComposedSteps(name, network, clusters, slots, stream, graphs),
      library_(stream),
      gates_(stream, this->slots() * widest_gates()),
      products_(stream, this->slots() * widest_dense(network)) {}

std::size_t ProductSteps::widest_gates() const {
  int widest = 0;
  for (int l = 0; l < network().layer_count; ++l) widest = std::max(widest, 4 * network().layers[l].hidden);
  return static_cast<std::size_t>(widest);
}

void ProductSteps::multiply(const float* x, int x_stride, const float* weight, int rows, int outputs, int terms,
                            float* to, bool add) {
  library_.run({.a = x,
                .b = weight,
                .c = to,
                .m = rows,
                .n = outputs,
                .k = terms,
                .lda = x_stride,
                .transpose_b = true,
                .beta = add ? 1.0f : 0.0f});
}

void ProductSteps::gates_from_state(const PiecesView& pieces, int layer, float* to) {
  const LayerView& l = network().layers[layer];
  multiply(pieces.h[layer], l.hidden, l.w_hh, pieces.rows, 4 * l.hidden, l.hidden, to, false);
}

void ProductSteps::gates_from_below(const PiecesView& pieces, int layer, float* to, bool add) {
  const LayerView& l = network().layers[layer];
  multiply(pieces.h[layer - 1], l.below, l.w_ih, pieces.rows, 4 * l.hidden, l.below, to, add);
}

void ProductSteps::dense_product(const PiecesView& pieces, const DenseView& dense, float* to) {
  const bool from_state = dense.from == DenseView::kFromState;
  multiply(from_state ? pieces.h[network().layer_count - 1] : pieces.readout + dense.from,
           from_state ? dense.terms : network().readout_size, dense.weight, pieces.rows, dense.size, dense.terms, to,
           false);
}

void ProductSteps::step(const PiecesView& pieces, int number) {
  if (number == kFeedStep) begin_state(begin_state_of(network(), pieces, Beginning::feed), stream());
  for (int layer = 0; layer < network().layer_count; ++layer) layer_step(pieces, layer, number);
}

void ProductSteps::replay(const PiecesView& pieces) {
  begin_state(begin_state_of(network(), pieces, Beginning::replay), stream());
  ComposedSteps::replay(pieces);
}

void ProductSteps::readout(const PiecesView& pieces) {
  if (network().carry) begin_state(begin_state_of(network(), pieces, Beginning::read), stream());
  for (int i = 0; i < network().readout_count; ++i) dense(pieces, network().readout[i]);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
