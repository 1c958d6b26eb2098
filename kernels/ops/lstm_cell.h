// One LSTM cell update, for B streams of H units.
//   i, f, g, o = pre + bias          i, f, o through the logistic function, g through tanh
//   c = f * c_prev + i * g           h = o * tanh(c)
// After Gers, Schmidhuber & Cummins (2000), with tanh and no peepholes. All quantities are dimensionless.
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels {

/// Operands: row-major fp32, disjoint unless said otherwise.
struct LstmCell {
  const float* pre = nullptr;     ///< [B, 4H] x W + h R, before the bias; gate blocks in the order i f g o
  const float* bias = nullptr;    ///< [4H]
  const float* c_prev = nullptr;  ///< [B, H]
  float* c = nullptr;             ///< [B, H] may be c_prev itself
  float* h = nullptr;             ///< [B, H] within [-1, 1]
  int batch = 0, hidden = 0;      ///< B >= 1, H >= 1
};

/// The update on the host, in double, one scalar at a time: the definition.
void lstm_cell_ref(const LstmCell& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueues the update on `stream` and returns at once; the operands are device pointers.
/// Throws std::invalid_argument if a size is below 1, CudaError if the launch is refused.
void lstm_cell(const LstmCell& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
