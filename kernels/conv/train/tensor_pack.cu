#include "kernels/conv/train/tensor_pack.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

void launch_pack_window(const PackWindowOp& op, StreamRef stream) {
  const auto words = static_cast<std::int64_t>(packed_window_words(filled_up(op.in), filled_up(op.out)));
  launch("pack_lanes", pack_lanes_kernel,
         {.grid = static_cast<unsigned>((words + kPackThreads - 1) / kPackThreads), .block = kPackThreads}, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
