// One dense layer in float32, or several side by side that read the same inputs (the heads), as one matrix product.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/model/spec.h"
#include "kernels/cpu/gemm.h"
#include "trainer/bptt/layout.h"

namespace trainer {

/// Rows of numbers with a 1 after the last column, which the bias multiplies.
struct DenseWork {
  kernels::AlignedFloats y;   ///< [R, y_ld] outputs
  kernels::AlignedFloats dy;  ///< [R, outputs] dL/dy
};

class DenseLayer {
 public:
  /// @param names  tensors NAME.weight [n, inputs] and NAME.bias [n] of each part, left to right
  DenseLayer(const ParameterLayout& layout, const std::vector<std::string>& names, std::size_t inputs,
             engine::Activation activation);

  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return outputs_; }
  std::size_t y_ld() const { return y_ld_; }
  void pack(std::span<const float> parameters);
  void resize(DenseWork& work, std::size_t rows) const;

  /// @param x  [R, inputs | 1], x_ld apart
  void forward(DenseWork& work, std::size_t rows, const float* x, std::size_t x_ld) const;
  /// Takes work.dy through the activation and adds to, or sets, dx [R, inputs].
  void backward(DenseWork& work, std::size_t rows, float* dx, std::size_t dx_ld, kernels::Start start) const;

  struct Operand {
    const DenseWork* work;
    const float* x;  ///< as in forward
    std::size_t x_ld;
    std::size_t rows;
  };
  /// Gradients of all weights, summed over the shards in their order.
  void weight_gradient(std::span<const Operand> shards, std::span<float> gradients,
                       kernels::GemmScratch& scratch) const;

 private:
  struct Part {
    Slot weight, bias;
    std::size_t first, count;  ///< columns
  };
  std::size_t inputs_, outputs_ = 0, y_ld_ = 0;
  engine::Activation activation_;
  std::vector<Part> parts_;
  kernels::PackedMatrix forward_;   ///< [inputs + 1, outputs]
  kernels::PackedMatrix backward_;  ///< [outputs, inputs]
};

/// An activation over `rows` rows of `columns` numbers, ld apart, and its derivative.
void activate_rows(engine::Activation activation, float* y, std::size_t rows, std::size_t columns, std::size_t ld);
void activate_rows_backward(engine::Activation activation, const float* y, std::size_t y_ld, float* dy,
                            std::size_t dy_ld, std::size_t rows, std::size_t columns);

}  // namespace trainer
