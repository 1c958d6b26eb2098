#include "trainer/bptt/cpu/dense_layer.h"

#include <algorithm>

#include "kernels/cpu/train.h"

namespace trainer {

DenseLayer::DenseLayer(const ParameterLayout& layout, const std::vector<std::string>& names, std::size_t inputs,
                       engine::Activation activation)
    : inputs_(inputs), activation_(activation) {
  for (const std::string& name : names) {
    const Slot& bias = layout.slot(name + ".bias");
    parts_.push_back({layout.slot(name + ".weight"), bias, outputs_, bias.size});
    outputs_ += bias.size;
  }
  y_ld_ = (outputs_ + 1 + 15) / 16 * 16;
  forward_ = kernels::PackedMatrix(inputs + 1, outputs_);
  backward_ = kernels::PackedMatrix(outputs_, inputs);
}

void DenseLayer::pack(std::span<const float> parameters) {
  for (const Part& part : parts_) {
    const float* weight = parameters.data() + part.weight.offset;
    forward_.fill(0, part.first, inputs_, part.count, {weight, inputs_, true});
    forward_.fill(inputs_, part.first, 1, part.count, {parameters.data() + part.bias.offset, part.count, false});
    backward_.fill(part.first, 0, part.count, inputs_, {weight, inputs_, false});
  }
}

void DenseLayer::resize(DenseWork& work, std::size_t rows) const {
  work.y.resize(rows * y_ld_);
  for (std::size_t r = 0; r < rows; ++r) work.y.data()[r * y_ld_ + outputs_] = 1;
  work.dy.resize(rows * outputs_);
}

void DenseLayer::forward(DenseWork& work, std::size_t rows, const float* x, std::size_t x_ld) const {
  kernels::gemm_packed({.m = rows, .a = x, .lda = x_ld, .b = &forward_, .c = work.y.data(), .ldc = y_ld_});
  activate_rows(activation_, work.y.data(), rows, outputs_, y_ld_);
}

void DenseLayer::backward(DenseWork& work, std::size_t rows, float* dx, std::size_t dx_ld, kernels::Start start) const {
  activate_rows_backward(activation_, work.y.data(), y_ld_, work.dy.data(), outputs_, rows, outputs_);
  kernels::gemm_packed(
      {.m = rows, .a = work.dy.data(), .lda = outputs_, .b = &backward_, .c = dx, .ldc = dx_ld, .start = start});
}

void DenseLayer::weight_gradient(std::span<const Operand> shards, std::span<float> gradients,
                                 kernels::GemmScratch& scratch) const {
  const std::size_t width = inputs_ + 1;
  std::vector<float> sum(outputs_ * width);  // [weights | bias]
  for (std::size_t s = 0; s < shards.size(); ++s) {
    const Operand& shard = shards[s];
    kernels::gemm({.m = outputs_,
                   .n = width,
                   .k = shard.rows,
                   .a = {shard.work->dy.data(), outputs_, true},
                   .b = {shard.x, shard.x_ld, false},
                   .c = sum.data(),
                   .ldc = width,
                   .start = s == 0 ? kernels::Start::zero : kernels::Start::keep},
                  scratch);
  }
  for (const Part& part : parts_) {
    for (std::size_t n = 0; n < part.count; ++n) {
      const float* row = &sum[(part.first + n) * width];
      std::copy_n(row, inputs_, &gradients[part.weight.offset + n * inputs_]);
      gradients[part.bias.offset + n] = row[inputs_];
    }
  }
}

void activate_rows(engine::Activation activation, float* y, std::size_t rows, std::size_t columns, std::size_t ld) {
  if (activation == engine::Activation::linear) return;
  for (std::size_t r = 0; r < rows; ++r) {
    if (activation == engine::Activation::relu) kernels::relu_forward(y + r * ld, columns);
    if (activation == engine::Activation::tanh) kernels::tanh_forward(y + r * ld, columns);
  }
}

void activate_rows_backward(engine::Activation activation, const float* y, std::size_t y_ld, float* dy,
                            std::size_t dy_ld, std::size_t rows, std::size_t columns) {
  if (activation == engine::Activation::linear) return;
  for (std::size_t r = 0; r < rows; ++r) {
    if (activation == engine::Activation::relu) kernels::relu_backward(y + r * y_ld, dy + r * dy_ld, columns);
    if (activation == engine::Activation::tanh) kernels::tanh_backward(y + r * y_ld, dy + r * dy_ld, columns);
  }
}

}  // namespace trainer
