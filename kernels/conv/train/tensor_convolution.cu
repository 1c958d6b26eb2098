#include "kernels/conv/grid.h"
#include "kernels/conv/train/tensor_convolution.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Pixels, int kAcross>
void launch_as(const TensorConvolutionOp& op, StreamRef stream) {
  using Tile = ConvolutionTile<Pixels, kAcross>;
  launch("tensor_convolution", tensor_convolution_kernel<Tile>,
         {.grid = {static_cast<unsigned>(tile_count(op.pictures, op.side)), parts_of(op.writes, Tile::kChannels)},
          .block = Tile::kThreads,
          .shared_bytes = sizeof(ConvolutionLayout<Tile>)},
         stream, op);
}

template <class Pixels>
void launch_for(const TensorConvolutionOp& op, StreamRef stream) {
  is_narrow(op.writes) ? launch_as<Pixels, 1>(op, stream) : launch_as<Pixels, 2>(op, stream);
}

}  // namespace

void launch_tensor_convolution(const TensorConvolutionOp& op, StreamRef stream) {
  is_small_map(op.side) ? launch_for<SmallMapTile>(op, stream) : launch_for<LargeMapTile>(op, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
