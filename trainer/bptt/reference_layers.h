// The layers that reference.cpp strings together: each a forward and a backward function on plain matrices of doubles.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/model/spec.h"

namespace trainer::reference {

/// Row-major.
struct Matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<double> values;
  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), cols(c), values(r * c, 0.0) {}
  double& at(std::size_t r, std::size_t c) { return values[r * cols + c]; }
  double at(std::size_t r, std::size_t c) const { return values[r * cols + c]; }
};

using Weights = std::span<const double>;
using Gradient = std::span<double>;  ///< added to

/// y = x W^T + b; W [outputs, inputs].
Matrix linear(const Matrix& x, Weights w, Weights b, std::size_t outputs);
/// Adds to dw and db, returns dx.
Matrix linear_backward(const Matrix& x, Weights w, const Matrix& dy, Gradient dw, Gradient db);

void activate(Matrix& y, engine::Activation activation);
/// dy becomes the gradient before the activation; `y` is what came out of it.
void activate_backward(const Matrix& y, Matrix& dy, engine::Activation activation);

struct LstmWeights {
  Weights ih, hh, bias_ih, bias_hh;
};
struct LstmGradients {
  Gradient ih, hh, bias_ih, bias_hh;
};
/// What the backward pass needs: gates [T * B, 4H] after their activation, c and h [T * B, H].
struct LstmTrace {
  Matrix gates, c, h;
};
LstmTrace lstm(const Matrix& x, const LstmWeights& w, std::size_t batch, std::size_t hidden);
/// @param dh  dL/dh from above, [T * B, H];  returns dL/dx
Matrix lstm_backward(const Matrix& x, const LstmWeights& w, const LstmTrace& trace, const Matrix& dh, std::size_t batch,
                     const LstmGradients& gradients);

}  // namespace trainer::reference
