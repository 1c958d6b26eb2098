#include "kernels/conv/grid.h"
#include "kernels/conv/tensor.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

using NarrowTile = TensorTile<1>;  ///< 32 channels
using WideTile = TensorTile<2>;    ///< 64

template <class Tile>
void launch_as(const StageOp<Half, Half>& op, int pictures, StreamRef stream) {
  launch("face_tensor_stage", tensor_stage_kernel<Tile>,
         {.grid = tiles_of(op.side, Tile::kSide, op.writes, Tile::kChannels, pictures),
          .block = Tile::kThreads,
          .shared_bytes = sizeof(TensorLayout<Tile>)},
         stream, op);
}

}  // namespace

void launch_tensor_stage(const StageOp<Half, Half>& op, int pictures, StreamRef stream) {
  op.writes <= NarrowTile::kChannels ? launch_as<NarrowTile>(op, pictures, stream)
                                     : launch_as<WideTile>(op, pictures, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
