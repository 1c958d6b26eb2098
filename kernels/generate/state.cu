#include <cstdint>

#include "kernels/generate/state.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

__device__ bool begins(const Progress& progress, Beginning beginning) {
  if (beginning == Beginning::feed) return progress.fresh != 0 && progress.consumed == 1;
  return progress.left > 0 && (beginning == Beginning::replay || progress.consumed == 0);
}

// One thread owns one unit of one piece.
__global__ void __launch_bounds__(kElementThreads) begin_state_kernel(const __grid_constant__ BeginState op) {
  std::int64_t n = element();
  for (int layer = 0; layer < op.layers; ++layer) {
    const std::int64_t count = std::int64_t{op.pieces.rows} * op.hidden[layer];
    if (n < count) {
      if (begins(op.pieces.progress[n / op.hidden[layer]], op.beginning)) {
        op.pieces.h[layer][n] = 0;
        op.pieces.c[layer][n] = 0;
      }
      return;
    }
    n -= count;
  }
}

}  // namespace

void begin_state(const BeginState& op, StreamRef stream) {
  std::int64_t count = 0;
  for (int l = 0; l < op.layers; ++l) count += std::int64_t{op.pieces.rows} * op.hidden[l];
  launch_elements("begin_state", begin_state_kernel, count, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
