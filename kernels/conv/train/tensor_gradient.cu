#include "kernels/conv/train/tensor_gradient.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Pixels, int kAcross>
void launch_as(const TensorWindowGradientOp& op, StreamRef stream) {
  using Tile = GradientTile<Pixels, kAcross>;
  const WindowSlices slices = window_slices(op.reads, op.writes);
  launch("tensor_window_gradient", tensor_window_gradient_kernel<Tile>,
         {.grid = {static_cast<unsigned>(gradient_groups(op.pictures, op.side, op.run)),
                   static_cast<unsigned>(slices.in), static_cast<unsigned>(slices.out)},
          .block = Tile::kThreads,
          .shared_bytes = sizeof(GradientLayout<Tile>)},
         stream, op, tile_count(op.pictures, op.side));
}

template <class Pixels>
void launch_for(const TensorWindowGradientOp& op, StreamRef stream) {
  is_wide_gradient(op.writes) ? launch_as<Pixels, 2>(op, stream) : launch_as<Pixels, 1>(op, stream);
}

}  // namespace

void launch_tensor_window_gradient(const TensorWindowGradientOp& op, StreamRef stream) {
  is_small_map(op.side) ? launch_for<SmallMapTile>(op, stream) : launch_for<LargeMapTile>(op, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
