// What is done to each element of a matrix by itself: a curve of one, or two joined.
//   y = curve(x)          y = a + b          y = a * b
// The rows of a matrix begin a stride apart; with stride 0 every row is the same (a bias).
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels {

enum class Curve { identity, relu, sigmoid, tanh };

/// Operands: row-major fp32. NaN stays NaN under every curve.
struct Unary {
  const float* x = nullptr;  ///< [rows, columns]
  int x_stride = 0;
  float* y = nullptr;  ///< [rows, columns], may be x itself
  int y_stride = 0;
  int rows = 0, columns = 0;  ///< each >= 1
  Curve curve = Curve::identity;
  const int* part = nullptr;  ///< [rows] 0: the row of y is left alone; null: none is
};

enum class Join { add, multiply };

struct Binary {
  const float* a = nullptr;  ///< [rows, columns]
  int a_stride = 0;
  const float* b = nullptr;  ///< [rows, columns]
  int b_stride = 0;
  float* y = nullptr;  ///< [rows, columns], may be a or b
  int y_stride = 0;
  int rows = 0, columns = 0;  ///< each >= 1
  Join join = Join::add;
  const int* part = nullptr;  ///< as in Unary
};

/// The definitions, in double.
void unary_ref(const Unary& op);
void binary_ref(const Binary& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueues the operation; the operands are device pointers.
/// @throws std::invalid_argument for no elements, CudaError if the launch is refused
void unary(const Unary& op, StreamRef stream);
void binary(const Binary& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
