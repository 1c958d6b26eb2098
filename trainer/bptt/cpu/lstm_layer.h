// One LSTM layer in float32: packed weights, and the passes over one shard (some of the batch's sequences, all steps).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/cpu/gemm.h"
#include "trainer/bptt/layout.h"

namespace trainer {

/// T steps of B sequences: what one thread works on from the first note to the last without meeting another.
struct ShardShape {
  std::size_t steps = 0, batch = 0, first_loss_step = 0;
  std::size_t rows() const { return steps * batch; }
  std::size_t loss_rows() const { return (steps - first_loss_step) * batch; }
  friend bool operator==(const ShardShape&, const ShardShape&) = default;
};

/// A layer's activations for one shard. Row t * B + b of `rows` is [h_{t-1} | 1 | x_t where folded]: one matrix product
/// with it gives all preactivations, and one with its transpose the gradients of weights and bias.
struct LstmWork {
  kernels::AlignedFloats rows;   ///< [(T + 1) * B, row_ld]
  kernels::AlignedFloats gates;  ///< [T * B, 4H] activations, after backward the gradients of the preactivations
  kernels::AlignedFloats c;      ///< [(T + 1) * B, H], the first B rows 0
  kernels::AlignedFloats dh;     ///< [T * B, H] dL/dh
  kernels::AlignedFloats dc;     ///< [B, H]
  kernels::AlignedFloats x;      ///< [T * B, I] inputs of a layer that does not fold them, where it keeps its own
};

class LstmLayer {
 public:
  /// @param fold  a few inputs ride in the recurrent product; many have a product of their own over all steps
  LstmLayer(const ParameterLayout& layout, std::size_t index, std::size_t inputs, std::size_t hidden, bool fold,
            bool wants_input_gradient);

  std::size_t hidden() const { return hidden_; }
  std::size_t inputs() const { return inputs_; }
  bool folded() const { return fold_; }
  std::size_t row_ld() const { return row_ld_; }
  std::size_t first_x() const { return hidden_ + 1; }  ///< column of x_t in a folded row

  /// Independent pieces of packing, to be done by any threads.
  static constexpr std::size_t kPackTasks = 3;
  void pack(std::size_t task, std::span<const float> parameters);

  void resize(LstmWork& work, const ShardShape& shape) const;
  /// h_t of all steps: [T * B, H], row_ld apart.
  const float* outputs(const LstmWork& work, const ShardShape& shape) const {
    return work.rows.data() + shape.batch * row_ld_;
  }
  /// @param x  [T * B, I], x_ld apart; unused where folded
  void forward(LstmWork& work, const ShardShape& shape, const float* x, std::size_t x_ld) const;
  /// @param first_step  work.dh holds gradients from above from this step on
  void backward(LstmWork& work, const ShardShape& shape, std::size_t first_step) const;
  /// dx [T * B, I], after backward.
  void input_gradient(const LstmWork& work, const ShardShape& shape, float* dx, std::size_t dx_ld) const;

  /// One shard's part in the weight gradients.
  struct Operand {
    const LstmWork* work;
    const float* x;  ///< as in forward
    std::size_t x_ld;
    std::size_t rows;
  };
  /// Gradients of the gate rows begin .. begin + count - 1 (of 4H), summed over the shards in their order.
  void weight_gradient(std::span<const Operand> shards, std::size_t begin, std::size_t count,
                       std::span<float> gradients, kernels::GemmScratch& scratch) const;

 private:
  std::size_t inputs_, hidden_, row_ld_;
  bool fold_;
  Slot ih_, hh_, bias_ih_, bias_hh_;
  kernels::PackedMatrix recurrent_;       ///< [H + 1 (+ I), 4H]
  kernels::PackedMatrix input_;           ///< [I, 4H] where not folded
  kernels::PackedMatrix recurrent_back_;  ///< [4H, H]
  kernels::PackedMatrix input_back_;      ///< [4H, I] where wanted
  std::vector<float> bias_;               ///< b_ih + b_hh
};

}  // namespace trainer
