#include "kernels/conv/train/tensor_parts.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

unsigned blocks_of(std::int64_t count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

}  // namespace

void launch_pack_window(const PackWindowOp& op, StreamRef stream) {
  const auto words = static_cast<std::int64_t>(packed_window_words(filled_up(op.in), filled_up(op.out)));
  launch("pack_lanes", pack_lanes_kernel, {.grid = blocks_of(words, kPackThreads), .block = kPackThreads}, stream,
         op);
}

void launch_add_tensor_parts(const TensorPartsOp& op, StreamRef stream) {
  const std::int64_t sums = std::int64_t{op.planes} * op.rows * op.columns;
  launch("add_tensor_parts", add_tensor_parts_kernel,
         {.grid = blocks_of(sums, PartsTile::kSums), .block = PartsTile::kThreads, .shared_bytes = sizeof(PartsLayout)},
         stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
