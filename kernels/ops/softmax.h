// The pieces of a softmax, row by row:
//   m = max x          w = exp(x - m)          s = sum w          p = w / s
// and the place of a row's highest number.
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels {

/// One number of each row.
struct RowReduce {
  const float* x = nullptr;   ///< [rows, columns]
  float* y = nullptr;         ///< [rows]
  int rows = 0, columns = 0;  ///< each >= 1
};

/// Each row with one number of its own.
struct RowApply {
  const float* x = nullptr;   ///< [rows, columns]
  const float* by = nullptr;  ///< [rows]
  float* y = nullptr;         ///< [rows, columns], may be x itself
  int rows = 0, columns = 0;  ///< each >= 1
};

struct RowArgMax {
  const float* x = nullptr;   ///< [rows, columns]
  int* y = nullptr;           ///< [rows] the first of equals; NaN never wins; 0 where nothing is above -infinity
  int rows = 0, columns = 0;  ///< each >= 1
};

/// The definitions, in double. The highest of a row passes over NaN and is -infinity where nothing is left.
void row_max_ref(const RowReduce& op);
void row_sum_ref(const RowReduce& op);
void exp_subtract_ref(const RowApply& op);
void divide_ref(const RowApply& op);
void arg_max_ref(const RowArgMax& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueue the operations; the operands are device pointers. Sums are taken in double, in an order that only the number
/// of columns decides.
/// @throws std::invalid_argument for no elements, CudaError if the launch is refused
void row_max(const RowReduce& op, StreamRef stream);
void row_sum(const RowReduce& op, StreamRef stream);
void exp_subtract(const RowApply& op, StreamRef stream);
void divide(const RowApply& op, StreamRef stream);
void arg_max(const RowArgMax& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
