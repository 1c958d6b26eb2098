// Weights in the order in which the fused steps read them, and the memory for it.
#pragma once

#include <cstddef>
#include <memory>

namespace kernels {

/// Floats on a 64-byte boundary, zero at first; from 2 MB on, on large pages where the system offers them.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  /// @throws std::bad_alloc
  explicit AlignedFloats(std::size_t size);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const noexcept;
  };
  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

/// `count` rounded up to a multiple of `lanes`.
constexpr int padded(int count, int lanes) { return (count + lanes - 1) / lanes * lanes; }

/// One LSTM layer as LstmStep reads it. Padding units have zero weights and stay at zero.
struct PackedLstm {
  AlignedFloats weights;  ///< [groups, below + hidden, 4, lanes]
  AlignedFloats bias;     ///< [groups, 4, lanes]
  int below = 0, hidden = 0, groups = 0;
};

/// One dense layer as DenseStep reads it.
struct PackedDense {
  AlignedFloats weights;  ///< [groups, terms, lanes]
  AlignedFloats bias;     ///< [groups, lanes]
  int terms = 0, size = 0, groups = 0;
};

/// PyTorch's tensors of one layer, row-major, gate order i f g o.
struct LstmTensors {
  const float* w_ih;  ///< [4 hidden, below]; not read where below is 0
  const float* w_hh;  ///< [4 hidden, hidden]
  const float* b_ih;  ///< [4 hidden]
  const float* b_hh;  ///< [4 hidden]
  int below, hidden;
};

PackedLstm pack_lstm(const LstmTensors& layer, int lanes);

/// Reserves a dense layer of `size` outputs from `terms` inputs, all zero.
PackedDense empty_dense(int size, int terms, int lanes);
/// Writes rows first .. first + rows - 1 of it: weight [rows, terms] row-major, bias [rows].
void pack_dense_rows(PackedDense& dense, int first, int rows, const float* weight, const float* bias, int lanes);

/// A vector over gates [4 hidden] into the order [groups, 4, lanes]; element j is at gates[j * stride].
void pack_gates(const float* gates, std::size_t stride, int hidden, int lanes, float* out);

}  // namespace kernels
