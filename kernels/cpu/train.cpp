#include "kernels/cpu/train.h"

#include <cmath>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/train_table.h"

namespace kernels {
namespace {

const TrainTable& table() {
#if defined(__x86_64__)
  if (active_isa() == Isa::avx512) return avx512::train_table();
  if (active_isa() == Isa::avx2) return avx2::train_table();
#endif
  return baseline::train_table();
}

}  // namespace

void train_cell_forward(const TrainCell& op) { table().cell_forward(op); }
void train_cell_backward(const TrainCell& op) { table().cell_backward(op); }
void relu_forward(float* y, std::size_t count) { table().relu_forward(y, count); }
void relu_backward(const float* y, float* dy, std::size_t count) { table().relu_backward(y, dy, count); }
void tanh_forward(float* y, std::size_t count) { table().tanh_forward(y, count); }
void tanh_backward(const float* y, float* dy, std::size_t count) { table().tanh_backward(y, dy, count); }
void adam_step(const AdamStep& op) { table().adam(op); }

CrossEntropyResult cross_entropy(const CrossEntropyRow& row) {
  const SoftmaxParts parts = table().softmax_parts(row);
  return {std::log(parts.total) + parts.below_top, parts.correct};
}

}  // namespace kernels
