#include "kernels/generate/product_steps.h"
#include "kernels/generate/unfused.h"
#include "kernels/ops/draw.h"
#include "kernels/ops/emotion.h"
#include "kernels/ops/pointwise.h"
#include "kernels/ops/softmax.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

Curve curve_of(HeadCurve curve) {
  return curve == HeadCurve::relu ? Curve::relu : curve == HeadCurve::tanh ? Curve::tanh : Curve::identity;
}

class UnfusedSteps final : public ProductSteps {
 public:
  UnfusedSteps(const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream, bool graphs);

 private:
  void step(const PiecesView& pieces, int number) override;
  void layer_step(const PiecesView& pieces, int layer, int number) override;
  void cell(const PiecesView& pieces, int layer);
  void readout(const PiecesView& pieces) override;
  void dense(const PiecesView& pieces, const DenseView& dense) override;
  void choose(const PiecesView& pieces, const OutputView& output) override;
  void score(const PiecesView& pieces);
  void soft_max(const PiecesView& pieces);
  void pick(const PiecesView& pieces);
  void record(const PiecesView& pieces, const OutputView& output);

  template <class T>
  DeviceBuffer<T> per_slot(std::size_t each) const {
    return DeviceBuffer<T>(stream(), slots() * each);
  }

  std::size_t candidates_;
  DeviceBuffer<int> part_, best_, pitch_;                                // [slots]
  DeviceBuffer<float> terms_;                                            // [slots, 4H of the widest layer]
  DeviceBuffer<float> features_, distances_;                             // [slots, V, 9 or 2]
  DeviceBuffer<float> scores_, blended_, probabilities_, kept_, merit_;  // [slots, V]
  DeviceBuffer<float> predicted_, highest_, total_;                      // [slots, 2], [slots], [slots]
  DeviceBuffer<double> modulation_, u_;                                  // [slots, 2], [slots]
  DeviceBuffer<Played> played_;                                          // [slots]
};

UnfusedSteps::UnfusedSteps(const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream,
                           bool graphs)
    : ProductSteps("unfused", network, clusters, slots, stream, graphs),
      candidates_(static_cast<std::size_t>(network.candidates)),
      part_(per_slot<int>(1)),
      best_(per_slot<int>(1)),
      pitch_(per_slot<int>(1)),
      terms_(per_slot<float>(widest_gates())),
      features_(per_slot<float>(9 * candidates_)),
      distances_(per_slot<float>(2 * candidates_)),
      scores_(per_slot<float>(candidates_)),
      blended_(per_slot<float>(candidates_)),
      probabilities_(per_slot<float>(candidates_)),
      kept_(per_slot<float>(candidates_)),
      merit_(per_slot<float>(candidates_)),
      predicted_(per_slot<float>(2)),
      highest_(per_slot<float>(1)),
      total_(per_slot<float>(1)),
      modulation_(per_slot<double>(2)),
      u_(per_slot<double>(1)),
      played_(per_slot<Played>(1)) {}

void UnfusedSteps::step(const PiecesView& pieces, int number) {
  mark_step({pieces, network().window, number, part_.data()}, stream());
  ProductSteps::step(pieces, number);
}

void UnfusedSteps::layer_step(const PiecesView& pieces, int layer, int number) {
  const int rows = pieces.rows, columns = 4 * network().layers[layer].hidden;
  gates_from_state(pieces, layer, gates());
  if (layer == 0) {
    input_rows({network(), pieces, number, terms_.data()}, stream());
  } else {
    gates_from_below(pieces, layer, terms_.data(), /*add=*/false);
  }
  Binary add{gates(), columns, terms_.data(), columns, gates(), columns, rows, columns, Join::add};
  binary(add, stream());
  add.b = network().layers[layer].bias;
  add.b_stride = 0;
  binary(add, stream());
  cell(pieces, layer);
}

// i f g o through their curves, then c = f c + i g and h = o tanh(c), an operation at a time.
void UnfusedSteps::cell(const PiecesView& pieces, int layer) {
  const int rows = pieces.rows, hidden = network().layers[layer].hidden, columns = 4 * hidden;
  float *const i = gates(), *const f = i + hidden, *const g = f + hidden, *const o = g + hidden;
  for (float* const gate : {i, f, g, o}) {
    unary({gate, columns, gate, columns, rows, hidden, gate == g ? Curve::tanh : Curve::sigmoid}, stream());
  }
  float *const c = pieces.c[layer], *const h = pieces.h[layer], *const tanh_c = terms_.data();
  binary({f, columns, c, hidden, f, columns, rows, hidden, Join::multiply}, stream());
  binary({i, columns, g, columns, i, columns, rows, hidden, Join::multiply}, stream());
  binary({f, columns, i, columns, c, hidden, rows, hidden, Join::add, part_.data()}, stream());
  unary({c, hidden, tanh_c, hidden, rows, hidden, Curve::tanh}, stream());
  binary({o, columns, tanh_c, hidden, h, hidden, rows, hidden, Join::multiply, part_.data()}, stream());
}

void UnfusedSteps::readout(const PiecesView& pieces) {
  mark_left({pieces, part_.data()}, stream());
  ProductSteps::readout(pieces);
}

void UnfusedSteps::dense(const PiecesView& pieces, const DenseView& dense) {
  const int rows = pieces.rows;
  dense_product(pieces, dense, products());
  binary({products(), dense.size, dense.bias, 0, products(), dense.size, rows, dense.size, Join::add}, stream());
  unary({products(), dense.size, pieces.readout + dense.to, network().readout_size, rows, dense.size,
         curve_of(dense.curve), part_.data()},
        stream());
}

void UnfusedSteps::choose(const PiecesView& pieces, const OutputView& output) {
  int column = 0;
  for (const int at : {network().step_at, network().duration_at}) {
    unary({pieces.readout + at, network().readout_size, predicted_.data() + column++, 2, pieces.rows, 1, Curve::relu},
          stream());
  }
  if (clusters().present) score(pieces);
  blend_logits({pieces.readout + network().logits_at, network().readout_size, scores_.data(), pieces.voices,
                blended_.data(), pieces.rows, network().candidates, clusters().present},
               stream());
  soft_max(pieces);
  pick(pieces);
  draw_modulation({pieces, modulation_.data()}, stream());
  play_note({pieces, predicted_.data(), modulation_.data(), pitch_.data(), played_.data()}, stream());
  record(pieces, output);
  write_note({pieces, played_.data(), output.notes, network().window}, stream());
}

void UnfusedSteps::score(const PiecesView& pieces) {
  const int rows = pieces.rows, v = network().candidates;
  const WindowFeatures features{pieces, network().window, v, predicted_.data(), features_.data()};
  window_mean(features, stream());
  window_highest(features, stream());
  window_deviation(features, stream());
  cluster_distances({features_.data(), clusters(), distances_.data(), rows, v}, stream());
  score_emotion({distances_.data(), pieces.voices, scores_.data(), rows, v}, stream());
}

void UnfusedSteps::soft_max(const PiecesView& pieces) {
  const int rows = pieces.rows, v = network().candidates;
  row_max({blended_.data(), highest_.data(), rows, v}, stream());
  check_readout({network(), pieces, highest_.data()}, stream());
  exp_subtract({blended_.data(), highest_.data(), probabilities_.data(), rows, v}, stream());
  row_sum({probabilities_.data(), total_.data(), rows, v}, stream());
  divide({probabilities_.data(), total_.data(), probabilities_.data(), rows, v}, stream());
}

void UnfusedSteps::pick(const PiecesView& pieces) {
  const int rows = pieces.rows, v = network().candidates;
  cut_tail({probabilities_.data(), pieces.voices, kept_.data(), rows, v}, stream());
  merit({blended_.data(), kept_.data(), pieces, merit_.data(), v}, stream());
  arg_max({merit_.data(), best_.data(), rows, v}, stream());
  draw_pitch({kept_.data(), best_.data(), pieces, pitch_.data(), u_.data(), v}, stream());
}

void UnfusedSteps::record(const PiecesView& pieces, const OutputView& output) {
  const int v = network().candidates;
  const auto floats = [&](const float* from, int stride, float* to, int columns, bool scores) {
    if (to != nullptr) record_rows(RecordRows<float>{from, stride, pieces, to, columns, scores}, stream());
  };
  const auto doubles = [&](const double* from, double* to, int columns) {
    if (to != nullptr) record_rows(RecordRows<double>{from, columns, pieces, to, columns}, stream());
  };
  floats(pieces.readout + network().logits_at, network().readout_size, output.logits, v, false);
  if (clusters().present) floats(scores_.data(), v, output.scores, v, true);
  floats(kept_.data(), v, output.probabilities, v, false);
  floats(predicted_.data(), 2, output.predicted, 2, false);
  doubles(u_.data(), output.u, 1);
  doubles(modulation_.data(), output.modulation, 2);
}

}  // namespace

std::unique_ptr<Steps> make_unfused_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                          StreamRef stream, bool graphs) {
  return std::make_unique<UnfusedSteps>(network, clusters, slots, stream, graphs);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
