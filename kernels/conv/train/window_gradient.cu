#include "kernels/conv/grid.h"
#include "kernels/conv/train/parts.h"
#include "kernels/conv/train/window_gradient.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// Enough for every processor of a large GPU (132) to have several; what they write, partial sums, is then 19 MB.
constexpr unsigned kBlocks = 1024;

template <class Element>
using PictureTile = TapGradientTile<1, Element>;
using MapTile = TapGradientTile<kChannelUnit, float>;

unsigned channel_blocks(int reads, int writes) {
  return parts_of(reads, reads == 1 ? PictureTile<float>::kDeep : MapTile::kDeep) *
         parts_of(writes, MapTile::kChannels);
}

template <class Tile>
void launch_as(const WindowGradientOp<typename Tile::Element>& op, int pictures, StreamRef stream) {
  launch("window_gradient", window_gradient_kernel<Tile>,
         {.grid = {channel_blocks(op.reads, op.writes), static_cast<unsigned>(op.groups)},
          .block = Tile::kThreads,
          .shared_bytes = sizeof(TapGradientLayout<Tile>)},
         stream, op, pictures);
  launch_add_parts({.parts = op.partial,
                    .sum = op.gradient,
                    .count = op.groups,
                    .planes = kWindowTaps,
                    .rows = op.in_channels,
                    .columns = op.out_channels,
                    .held_rows = op.reads,
                    .held_columns = op.writes},
                   stream);
}

}  // namespace

int window_groups(int side, int reads, int writes, int pictures) {
  const unsigned across = parts_of(side, MapTile::kSide), tiles = across * across * static_cast<unsigned>(pictures);
  const unsigned blocks = channel_blocks(reads, writes);
  return static_cast<int>(std::clamp((kBlocks + blocks - 1) / blocks, 1u, tiles));
}

void launch_window_gradient(const WindowGradientOp<float>& op, int pictures, StreamRef stream) {
  op.reads == 1 ? launch_as<PictureTile<float>>(op, pictures, stream) : launch_as<MapTile>(op, pictures, stream);
}
void launch_window_gradient(const WindowGradientOp<Bfloat16>& op, int pictures, StreamRef stream) {
  launch_as<PictureTile<Bfloat16>>(op, pictures, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
