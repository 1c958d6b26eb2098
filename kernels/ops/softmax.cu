#include <cmath>

#include "kernels/device/warp.cuh"
#include "kernels/ops/elements.cuh"
#include "kernels/ops/softmax.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr unsigned kAll = 0xffffffffu;

__device__ float minus_infinity() { return -INFINITY; }

// A warp owns a row; lane l its columns l, l + 32, ...
__global__ void __launch_bounds__(32 * kRowWarps) row_max_kernel(const __grid_constant__ RowReduce op) {
  const int row = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (row >= op.rows) return;
  const float* x = op.x + std::int64_t{row} * op.columns;
  float highest = minus_infinity();
  for (int c = lane; c < op.columns; c += 32) highest = x[c] > highest ? x[c] : highest;
  for (int far = 16; far > 0; far /= 2) {
    const float other = __shfl_xor_sync(kAll, highest, far);
    highest = other > highest ? other : highest;
  }
  if (lane == 0) op.y[row] = highest;
}

__global__ void __launch_bounds__(32 * kRowWarps) row_sum_kernel(const __grid_constant__ RowReduce op) {
  const int row = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (row >= op.rows) return;
  const float* x = op.x + std::int64_t{row} * op.columns;
  double sum = 0;
  for (int c = lane; c < op.columns; c += 32) sum += x[c];
  for (int far = 16; far > 0; far /= 2) sum += __shfl_xor_sync(kAll, sum, far);
  if (lane == 0) op.y[row] = static_cast<float>(sum);
}

__global__ void __launch_bounds__(32 * kRowWarps) arg_max_kernel(const __grid_constant__ RowArgMax op) {
  const int row = warp_row(), lane = static_cast<int>(threadIdx.x % 32);
  if (row >= op.rows) return;
  const float* x = op.x + std::int64_t{row} * op.columns;
  float highest = minus_infinity();
  int at = op.columns;  // behind every column, where nothing was found
  for (int c = lane; c < op.columns; c += 32) {
    if (x[c] > highest) highest = x[c], at = c;
  }
  for (int far = 16; far > 0; far /= 2) {
    const float other = __shfl_xor_sync(kAll, highest, far);
    const int other_at = __shfl_xor_sync(kAll, at, far);
    if (other > highest || (other == highest && other_at < at)) highest = other, at = other_at;
  }
  if (lane == 0) op.y[row] = at < op.columns ? at : 0;
}

// One thread owns one element.
__global__ void __launch_bounds__(kElementThreads) exp_subtract_kernel(const __grid_constant__ RowApply op) {
  const std::int64_t n = element();
  if (n < std::int64_t{op.rows} * op.columns) op.y[n] = expf(op.x[n] - op.by[n / op.columns]);
}

__global__ void __launch_bounds__(kElementThreads) divide_kernel(const __grid_constant__ RowApply op) {
  const std::int64_t n = element();
  if (n < std::int64_t{op.rows} * op.columns) op.y[n] = op.x[n] / op.by[n / op.columns];
}

}  // namespace

void row_max(const RowReduce& op, StreamRef stream) { launch_rows("row_max", row_max_kernel, op.rows, stream, op); }
void row_sum(const RowReduce& op, StreamRef stream) { launch_rows("row_sum", row_sum_kernel, op.rows, stream, op); }
void arg_max(const RowArgMax& op, StreamRef stream) { launch_rows("arg_max", arg_max_kernel, op.rows, stream, op); }
void exp_subtract(const RowApply& op, StreamRef stream) {
  launch_elements("exp_subtract", exp_subtract_kernel, std::int64_t{op.rows} * op.columns, stream, op);
}
void divide(const RowApply& op, StreamRef stream) {
  launch_elements("divide", divide_kernel, std::int64_t{op.rows} * op.columns, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
