#include "trainer/bptt/cpu/lstm_layer.h"

#include <algorithm>
#include <string>

#include "kernels/cpu/train.h"

namespace trainer {
namespace {

using kernels::Start;

std::size_t round_up(std::size_t n) { return (n + 15) / 16 * 16; }

}  // namespace

LstmLayer::LstmLayer(const ParameterLayout& layout, std::size_t index, std::size_t inputs, std::size_t hidden,
                     bool fold, bool wants_input_gradient)
    : inputs_(inputs),
      hidden_(hidden),
      row_ld_(round_up(hidden + 1 + (fold ? inputs : 0))),
      fold_(fold),
      ih_(layout.slot("lstm.weight_ih_l" + std::to_string(index))),
      hh_(layout.slot("lstm.weight_hh_l" + std::to_string(index))),
      bias_ih_(layout.slot("lstm.bias_ih_l" + std::to_string(index))),
      bias_hh_(layout.slot("lstm.bias_hh_l" + std::to_string(index))),
      recurrent_(hidden + 1 + (fold ? inputs : 0), 4 * hidden),
      recurrent_back_(4 * hidden, hidden),
      bias_(4 * hidden) {
  if (!fold) input_ = kernels::PackedMatrix(inputs, 4 * hidden);
  if (wants_input_gradient) input_back_ = kernels::PackedMatrix(4 * hidden, inputs);
}

void LstmLayer::pack(std::size_t task, std::span<const float> parameters) {
  const float* ih = parameters.data() + ih_.offset;
  const float* hh = parameters.data() + hh_.offset;
  const std::size_t gates = 4 * hidden_, half = gates / 2;
  if (task < 2) {
    const std::size_t first = task * half, count = task == 0 ? half : gates - half;
    recurrent_.fill(0, first, hidden_, count, {hh + first * hidden_, hidden_, true});
    for (std::size_t n = first; n < first + count; ++n) {
      bias_[n] = parameters[bias_ih_.offset + n] + parameters[bias_hh_.offset + n];
    }
    recurrent_.fill(hidden_, first, 1, count, {bias_.data() + first, gates, false});
    kernels::PackedMatrix& to = fold_ ? recurrent_ : input_;
    to.fill(fold_ ? hidden_ + 1 : 0, first, inputs_, count, {ih + first * inputs_, inputs_, true});
    return;
  }
  recurrent_back_.fill(0, 0, gates, hidden_, {hh, hidden_, false});
  if (input_back_.rows() > 0) input_back_.fill(0, 0, gates, inputs_, {ih, inputs_, false});
}

void LstmLayer::resize(LstmWork& work, const ShardShape& shape) const {
  const std::size_t rows = shape.rows(), with_start = rows + shape.batch;
  work.rows.resize(with_start * row_ld_);
  for (std::size_t r = 0; r < with_start; ++r) work.rows.data()[r * row_ld_ + hidden_] = 1;
  work.gates.resize(rows * 4 * hidden_);
  work.c.resize(with_start * hidden_);
  work.dh.resize(rows * hidden_);
  work.dc.resize(shape.batch * hidden_);
}

void LstmLayer::forward(LstmWork& work, const ShardShape& shape, const float* x, std::size_t x_ld) const {
  const std::size_t batch = shape.batch, gates = 4 * hidden_;
  if (!fold_) {
    kernels::gemm_packed({.m = shape.rows(), .a = x, .lda = x_ld, .b = &input_, .c = work.gates.data(), .ldc = gates});
  }
  for (std::size_t t = 0; t < shape.steps; ++t) {
    float* row = work.rows.data() + t * batch * row_ld_;
    float* gate = work.gates.data() + t * batch * gates;
    kernels::gemm_packed({.m = batch,
                          .a = row,
                          .lda = row_ld_,
                          .b = &recurrent_,
                          .c = gate,
                          .ldc = gates,
                          .start = fold_ ? Start::zero : Start::keep});
    kernels::train_cell_forward({.rows = batch,
                                 .hidden = hidden_,
                                 .gates = gate,
                                 .c_prev = work.c.data() + t * batch * hidden_,
                                 .c = work.c.data() + (t + 1) * batch * hidden_,
                                 .h = row + batch * row_ld_,
                                 .h_ld = row_ld_});
  }
}

void LstmLayer::backward(LstmWork& work, const ShardShape& shape, std::size_t first_step) const {
  const std::size_t batch = shape.batch, gates = 4 * hidden_;
  std::fill_n(work.dc.data(), batch * hidden_, 0.0f);
  for (std::size_t t = shape.steps; t-- > 0;) {
    float* dh = work.dh.data() + t * batch * hidden_;
    float* gate = work.gates.data() + t * batch * gates;
    if (t + 1 < shape.steps) {
      kernels::gemm_packed({.m = batch,
                            .a = gate + batch * gates,
                            .lda = gates,
                            .b = &recurrent_back_,
                            .c = dh,
                            .ldc = hidden_,
                            .start = t >= first_step ? Start::keep : Start::zero});
    }
    kernels::train_cell_backward({.rows = batch,
                                  .hidden = hidden_,
                                  .gates = gate,
                                  .c_prev = work.c.data() + t * batch * hidden_,
                                  .c = work.c.data() + (t + 1) * batch * hidden_,
                                  .dh = dh,
                                  .dc = work.dc.data()});
  }
}

void LstmLayer::input_gradient(const LstmWork& work, const ShardShape& shape, float* dx, std::size_t dx_ld) const {
  kernels::gemm_packed(
      {.m = shape.rows(), .a = work.gates.data(), .lda = 4 * hidden_, .b = &input_back_, .c = dx, .ldc = dx_ld});
}

void LstmLayer::weight_gradient(std::span<const Operand> shards, std::size_t begin, std::size_t count,
                                std::span<float> gradients, kernels::GemmScratch& scratch) const {
  const std::size_t gates = 4 * hidden_, width = hidden_ + 1 + (fold_ ? inputs_ : 0);
  std::vector<float> sum(count * width);  // [recurrent weights | bias | folded input weights]
  for (std::size_t s = 0; s < shards.size(); ++s) {
    const Operand& shard = shards[s];
    const Start start = s == 0 ? Start::zero : Start::keep;
    const kernels::MatrixView da{shard.work->gates.data() + begin, gates, true};
    kernels::Product op{.m = count, .n = width, .k = shard.rows, .a = da};
    op.b = {shard.work->rows.data(), row_ld_, false}, op.c = sum.data(), op.ldc = width, op.start = start;
    kernels::gemm(op, scratch);
    if (fold_) continue;
    op.n = inputs_, op.b = {shard.x, shard.x_ld, false};
    op.c = gradients.data() + ih_.offset + begin * inputs_, op.ldc = inputs_;
    kernels::gemm(op, scratch);
  }
  for (std::size_t n = 0; n < count; ++n) {
    const float* row = &sum[n * width];
    std::copy_n(row, hidden_, &gradients[hh_.offset + (begin + n) * hidden_]);
    gradients[bias_ih_.offset + begin + n] = gradients[bias_hh_.offset + begin + n] = row[hidden_];
    if (fold_) std::copy_n(row + hidden_ + 1, inputs_, &gradients[ih_.offset + (begin + n) * inputs_]);
  }
}

}  // namespace trainer
