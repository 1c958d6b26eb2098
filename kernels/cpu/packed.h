// Weights in the order in which the fused steps read them, and the memory for it.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "kernels/cpu/step.h"
#include "kernels/math/half.h"

namespace kernels {

/// Bytes on a 64-byte boundary, zero at first; from 2 MB on, on large pages where the system offers them.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  /// @throws std::bad_alloc
  explicit AlignedBytes(std::size_t size);
  void* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(void* p) const noexcept;
  };
  std::unique_ptr<void, Free> data_;
};

/// Numbers in such memory.
template <typename T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  /// @throws std::bad_alloc
  explicit AlignedArray(std::size_t size) : bytes_(bytes_for(size)), size_(size) {}
  T* data() { return static_cast<T*>(bytes_.data()); }
  const T* data() const { return static_cast<const T*>(bytes_.data()); }
  std::size_t size() const { return size_; }

 private:
  static std::size_t bytes_for(std::size_t size) {
    if (size > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_alloc();
    return size * sizeof(T);
  }
  AlignedBytes bytes_;
  std::size_t size_ = 0;
};
using AlignedFloats = AlignedArray<float>;

/// A packed matrix, in the one of two formats that is not empty.
struct PackedWeights {
  AlignedFloats floats;
  AlignedArray<Half> halves;
  std::size_t size() const { return floats.size() + halves.size(); }
  std::size_t bytes() const { return floats.size() * sizeof(float) + halves.size() * sizeof(Half); }
  WeightsView view() const {
    return {size() == floats.size() ? floats.data() : nullptr, halves.size() > 0 ? halves.data() : nullptr};
  }
  /// To fp16, each weight to the nearest. @return false, and nothing changed, if one lies beyond 65504
  bool halve();
};

/// `count` rounded up to a multiple of `lanes`.
constexpr int padded(int count, int lanes) { return (count + lanes - 1) / lanes * lanes; }

/// One LSTM layer as LstmStep reads it. Padding units have zero weights and stay at zero.
struct PackedLstm {
  PackedWeights weights;  ///< [groups, below + hidden, 4, lanes]
  AlignedFloats bias;     ///< [groups, 4, lanes]
  int below = 0, hidden = 0, groups = 0;
};

/// One dense layer as DenseStep reads it.
struct PackedDense {
  PackedWeights weights;  ///< [groups, terms, lanes]
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

/// Reserves a dense layer of `size` outputs from `terms` inputs, all zero, in fp32.
PackedDense empty_dense(int size, int terms, int lanes);
/// Writes rows first .. first + rows - 1 of it: weight [rows, terms] row-major, bias [rows].
void pack_dense_rows(PackedDense& dense, int first, int rows, const float* weight, const float* bias, int lanes);

/// A vector over gates [4 hidden] into the order [groups, 4, lanes]; element j is at gates[j * stride].
void pack_gates(const float* gates, std::size_t stride, int hidden, int lanes, float* out);

}  // namespace kernels
