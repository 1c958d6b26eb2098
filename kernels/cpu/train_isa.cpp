#include "kernels/cpu/lanes.h"
#include "kernels/cpu/train_table.h"

namespace kernels::AFFETTO_ISA {
namespace {

void cell_forward(const TrainCell& op) {
  const std::size_t hidden = op.hidden;
  for (std::size_t r = 0; r < op.rows; ++r) {
    float* gates = op.gates + r * 4 * hidden;
    const float* c_prev = op.c_prev + r * hidden;
    float* c_out = op.c + r * hidden;
    float* h_out = op.h + r * op.h_ld;
    each_vector(hidden, [&](std::size_t j, Lanes lanes) {
      const Vec i = sigmoid(lanes.load(gates + j)), f = sigmoid(lanes.load(gates + hidden + j));
      const Vec g = tanh(lanes.load(gates + 2 * hidden + j)), o = sigmoid(lanes.load(gates + 3 * hidden + j));
      const Vec c = fma(f, lanes.load(c_prev + j), i * g);
      lanes.store(gates + j, i);
      lanes.store(gates + hidden + j, f);
      lanes.store(gates + 2 * hidden + j, g);
      lanes.store(gates + 3 * hidden + j, o);
      lanes.store(c_out + j, c);
      lanes.store(h_out + j, o * tanh(c));
    });
  }
}

void cell_backward(const TrainCell& op) {
  const std::size_t hidden = op.hidden;
  const Vec one = broadcast(1.0f);
  for (std::size_t r = 0; r < op.rows; ++r) {
    float* gates = op.gates + r * 4 * hidden;
    const float* c_prev = op.c_prev + r * hidden;
    const float* c = op.c + r * hidden;
    const float* dh_in = op.dh + r * hidden;
    float* dc_io = op.dc + r * hidden;
    each_vector(hidden, [&](std::size_t j, Lanes lanes) {
      const Vec i = lanes.load(gates + j), f = lanes.load(gates + hidden + j);
      const Vec g = lanes.load(gates + 2 * hidden + j), o = lanes.load(gates + 3 * hidden + j);
      const Vec tc = tanh(lanes.load(c + j)), dh = lanes.load(dh_in + j);
      const Vec dc = fma(dh * o, fnma(tc, tc, one), lanes.load(dc_io + j));
      lanes.store(gates + j, dc * g * (i * (one - i)));
      lanes.store(gates + hidden + j, dc * lanes.load(c_prev + j) * (f * (one - f)));
      lanes.store(gates + 2 * hidden + j, dc * i * fnma(g, g, one));
      lanes.store(gates + 3 * hidden + j, dh * tc * (o * (one - o)));
      lanes.store(dc_io + j, dc * f);
    });
  }
}

void relu_f(float* y, std::size_t count) {
  each_vector(count, [&](std::size_t i, Lanes lanes) { lanes.store(y + i, max(zero(), lanes.load(y + i))); });
}

void relu_b(const float* y, float* dy, std::size_t count) {
  each_vector(count, [&](std::size_t i, Lanes lanes) {
    lanes.store(dy + i, select(less(zero(), lanes.load(y + i)), lanes.load(dy + i), zero()));
  });
}

void tanh_f(float* y, std::size_t count) {
  each_vector(count, [&](std::size_t i, Lanes lanes) { lanes.store(y + i, tanh(lanes.load(y + i))); });
}

void tanh_b(const float* y, float* dy, std::size_t count) {
  each_vector(count, [&](std::size_t i, Lanes lanes) {
    const Vec v = lanes.load(y + i);
    lanes.store(dy + i, lanes.load(dy + i) * fnma(v, v, broadcast(1.0f)));
  });
}

/// Sum of e^(x - top), and e^(x - top) stored over x where `keep` is false.
float exponentials(float* x, std::size_t count, float top, bool keep) {
  Vec sum_lanes = zero();
  each_vector(count, [&](std::size_t i, Lanes lanes) {
    Vec e = exp(lanes.load(x + i) - broadcast(top));
    if (!keep) lanes.store(x + i, e);
    if (lanes.count < kLanes) e = select(first_lanes(lanes.count), e, zero());
    sum_lanes = sum_lanes + e;
  });
  return sum(sum_lanes);
}

SoftmaxParts softmax_parts(const CrossEntropyRow& row) {
  float* x = row.logits;
  Vec top_lanes = broadcast(x[0]);
  each_vector(row.classes, [&](std::size_t i, Lanes lanes) {
    Vec v = lanes.load(x + i);
    if (lanes.count < kLanes) v = select(first_lanes(lanes.count), v, broadcast(x[0]));
    top_lanes = max(top_lanes, v);
  });
  const float top = highest(top_lanes), target = x[row.target];
  std::size_t first = 0;
  while (first + 1 < row.classes && x[first] < top) ++first;
  const float total = exponentials(x, row.classes, top, row.scale == 0);
  if (row.scale != 0) {
    const Vec factor = broadcast(row.scale / total);
    each_vector(row.classes, [&](std::size_t i, Lanes lanes) { lanes.store(x + i, lanes.load(x + i) * factor); });
    x[row.target] -= row.scale;
  }
  return {top - target, total, first == row.target};
}

void adam(const AdamStep& op) {
  const Vec scale = broadcast(op.gradient_scale), decay = broadcast(op.weight_decay);
  const Vec beta1 = broadcast(op.beta1), beta2 = broadcast(op.beta2), epsilon = broadcast(op.epsilon);
  const Vec rest1 = broadcast(op.one_minus_beta1), rest2 = broadcast(op.one_minus_beta2);
  const Vec step = broadcast(op.step_size), correction = broadcast(op.correction2);
  each_vector(op.count, [&](std::size_t i, Lanes lanes) {
    const Vec w = lanes.load(op.w + i);
    const Vec g = fma(decay, w, lanes.load(op.gradient + i) * scale);
    const Vec m = fma(beta1, lanes.load(op.m + i), rest1 * g);
    const Vec v = fma(beta2, lanes.load(op.v + i), rest2 * (g * g));
    lanes.store(op.m + i, m);
    lanes.store(op.v + i, v);
    lanes.store(op.w + i, w - step * m / (sqrt(v) / correction + epsilon));
  });
}

}  // namespace

const TrainTable& train_table() {
  static constexpr TrainTable kTable = {cell_forward, cell_backward, relu_f,        relu_b,
                                        tanh_f,       tanh_b,        softmax_parts, adam};
  return kTable;
}

}  // namespace kernels::AFFETTO_ISA
