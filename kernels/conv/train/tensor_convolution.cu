#include "kernels/conv/grid.h"
#include "kernels/conv/train/tensor_convolution.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Pixels, int kChannels>
void launch_as(const TensorConvolutionOp& op, StreamRef stream) {
  using Tile = ConvolutionTile<Pixels, kChannels>;
  launch("tensor_convolution", tensor_convolution_kernel<Tile>,
         {.grid = {static_cast<unsigned>(tile_count(op.pictures, op.side)), parts_of(op.writes, Tile::kChannels)},
          .block = Tile::kThreads,
          .shared_bytes = sizeof(ConvolutionLayout<Tile>)},
         stream, op);
}

}  // namespace

void launch_tensor_convolution(const TensorConvolutionOp& op, StreamRef stream) {
  if (is_small_map(op.side)) return launch_as<SmallMapTile, kNarrow>(op, stream);
  is_wide_convolution(op.side, op.writes) ? launch_as<LargeMapTile, kWide>(op, stream)
                                          : launch_as<LargeMapTile, kNarrow>(op, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
