#include "kernels/conv/grid.h"
#include "kernels/conv/train/convolution.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <int kDeep, class Element>
void launch_as(const ConvolutionOp<Element>& op, int pictures, StreamRef stream) {
  using Tile = StageTile<kDeep>;
  launch("face_convolution", convolution_kernel<Tile, Element>,
         {.grid = tiles_of(op.side, Tile::kSide, op.writes, Tile::kChannels, pictures),
          .block = Tile::kThreads,
          .shared_bytes = sizeof(StageLayout<Tile>)},
         stream, op);
}

}  // namespace

void launch_pack(const PackTapsOp& op, StreamRef stream) {
  launch_elements("pack_window", pack_window_kernel, std::int64_t{op.reads} * kWindowTaps * op.writes, stream, op);
}

void launch_convolution(const ConvolutionOp<float>& op, int pictures, StreamRef stream) {
  op.reads == 1 ? launch_as<1>(op, pictures, stream) : launch_as<kChannelUnit>(op, pictures, stream);
}
void launch_convolution(const ConvolutionOp<Bfloat16>& op, int pictures, StreamRef stream) {
  launch_as<1>(op, pictures, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
