#include "kernels/conv/grid.h"
#include "kernels/conv/stage.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <int kDeep, class Out>
void launch_as(const StageOp<float, Out>& op, int pictures, StreamRef stream) {
  using Tile = StageTile<kDeep>;
  launch("face_stage", stage_kernel<Tile, Out>,
         {.grid = tiles_of(op.side, Tile::kSide, op.writes, Tile::kChannels, pictures),
          .block = Tile::kThreads,
          .shared_bytes = sizeof(StageLayout<Tile>)},
         stream, op);
}

}  // namespace

void launch_stage(const StageOp<float, float>& op, int pictures, StreamRef stream) {
  op.reads == 1 ? launch_as<1>(op, pictures, stream) : launch_as<kChannelUnit>(op, pictures, stream);
}

void launch_stage(const StageOp<float, Half>& op, int pictures, StreamRef stream) {
  launch_as<1>(op, pictures, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
