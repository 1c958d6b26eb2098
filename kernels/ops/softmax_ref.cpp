#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/ops/softmax.h"

namespace kernels {

void row_max_ref(const RowReduce& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    float highest = -std::numeric_limits<float>::infinity();
    for (int c = 0; c < op.columns; ++c) {
      if (op.x[r * op.columns + c] > highest) highest = op.x[r * op.columns + c];
    }
    op.y[r] = highest;
  }
}

void row_sum_ref(const RowReduce& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    double sum = 0;
    for (int c = 0; c < op.columns; ++c) sum += op.x[r * op.columns + c];
    op.y[r] = static_cast<float>(sum);
  }
}

void exp_subtract_ref(const RowApply& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    for (int c = 0; c < op.columns; ++c) {
      const std::ptrdiff_t at = r * op.columns + c;
      op.y[at] = static_cast<float>(std::exp(double{op.x[at]} - double{op.by[r]}));
    }
  }
}

void divide_ref(const RowApply& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    for (int c = 0; c < op.columns; ++c) {
      const std::ptrdiff_t at = r * op.columns + c;
      op.y[at] = static_cast<float>(double{op.x[at]} / double{op.by[r]});
    }
  }
}

void arg_max_ref(const RowArgMax& op) {
  for (std::ptrdiff_t r = 0; r < op.rows; ++r) {
    float highest = -std::numeric_limits<float>::infinity();
    op.y[r] = 0;
    for (int c = 0; c < op.columns; ++c) {
      if (!(op.x[r * op.columns + c] > highest)) continue;
      highest = op.x[r * op.columns + c];
      op.y[r] = c;
    }
  }
}

}  // namespace kernels
