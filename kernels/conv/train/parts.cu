#include "kernels/conv/train/parts.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

void launch_add_parts(const PartsOp& op, StreamRef stream) {
  const std::int64_t sums = std::int64_t{op.planes} * op.rows * op.columns;
  launch("add_parts", add_parts_kernel,
         {.grid = static_cast<unsigned>((sums + PartsTile::kSums - 1) / PartsTile::kSums),
          .block = PartsTile::kThreads,
          .shared_bytes = sizeof(PartsLayout)},
         stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
