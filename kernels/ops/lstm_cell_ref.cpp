#include <cmath>
#include <cstddef>

#include "kernels/ops/lstm_cell.h"

namespace kernels {

void lstm_cell_ref(const LstmCell& op) {
  const auto logistic = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  const auto hidden = static_cast<std::size_t>(op.hidden);
  for (std::size_t b = 0; b < static_cast<std::size_t>(op.batch); ++b) {
    for (std::size_t j = 0; j < hidden; ++j) {
      const auto gate = [&](std::size_t k) {
        return double{op.pre[b * 4 * hidden + k * hidden + j]} + double{op.bias[k * hidden + j]};
      };
      const double c = logistic(gate(1)) * op.c_prev[b * hidden + j] + logistic(gate(0)) * std::tanh(gate(2));
      op.c[b * hidden + j] = static_cast<float>(c);
      op.h[b * hidden + j] = static_cast<float>(logistic(gate(3)) * std::tanh(c));
    }
  }
}

}  // namespace kernels
