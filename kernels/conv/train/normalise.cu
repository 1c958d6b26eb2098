#include "kernels/conv/grid.h"
#include "kernels/conv/train/normalise.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

LaunchShape block_a_part(int parts, int channels) {
  return {.grid = {static_cast<unsigned>(parts), parts_of(channels, SumsTile::kChannels)},
          .block = SumsTile::kThreads,
          .shared_bytes = sizeof(SumsLayout)};
}

LaunchShape warp_a_channel(int channels) { return {.grid = parts_of(channels, kRowWarps), .block = 32 * kRowWarps}; }

LaunchShape thread_an_element(const char* name, std::int64_t count) {
  return {.grid = blocks_for(name, count, kElementThreads), .block = kElementThreads};
}

/// @return into how many parts
template <class Element>
int launch_sums(const MomentsOp<Element>& op, StreamRef stream) {
  const int channels = op.parts.channels;
  if (op.tiles.sums == nullptr) {
    const int parts = channel_parts(op.pixels);
    launch("moment_sums", moment_sums_kernel<Element>, block_a_part(parts, channels), stream, op);
    return parts;
  }
  const int parts = tile_parts(op.tiles.count);
  launch("tile_sums", tile_sums_kernel, block_a_part(parts, channels), stream, op.tiles, op.parts);
  return parts;
}

template <class Element>
void launch_moments_of(const MomentsOp<Element>& op, StreamRef stream) {
  const int parts = launch_sums(op, stream);
  launch("moments", moments_kernel<Element>, warp_a_channel(op.parts.channels), stream, op, parts);
}

template <class Element>
void launch_activation_of(const ActivationOp<Element>& op, int pictures, StreamRef stream) {
  const std::int64_t count = std::int64_t{pictures} * op.after() * op.after() * op.channels;
  launch("activation", activation_kernel<Element>, thread_an_element("activation", count), stream, op, count);
}

template <class Element>
void launch_activation_gradient_of(const ActivationGradientOp<Element>& op, StreamRef stream) {
  const int parts = channel_parts(op.pixels), channels = op.parts.channels;
  launch("gradient_sums", gradient_sums_kernel<Element>, block_a_part(parts, channels), stream, op);
  launch("norm_gradient", norm_gradient_kernel<Element>, warp_a_channel(channels), stream, op, parts);
  const std::int64_t count = std::int64_t{op.pixels} * op.forward.channels;
  launch("activation_gradient", activation_gradient_kernel<Element>, thread_an_element("activation_gradient", count),
         stream, op, count);
}

}  // namespace

int channel_parts(int pixels) { return static_cast<int>(parts_of(pixels, SumsTile::kPart)); }
int tile_parts(int tiles) { return static_cast<int>(parts_of(tiles, SumsTile::kTilesPart)); }

void launch_moments(const MomentsOp<float>& op, StreamRef stream) { launch_moments_of(op, stream); }
void launch_moments(const MomentsOp<Bfloat16>& op, StreamRef stream) { launch_moments_of(op, stream); }

void launch_activation(const ActivationOp<float>& op, int pictures, StreamRef stream) {
  launch_activation_of(op, pictures, stream);
}
void launch_activation(const ActivationOp<Bfloat16>& op, int pictures, StreamRef stream) {
  launch_activation_of(op, pictures, stream);
}

void launch_activation_gradient(const ActivationGradientOp<float>& op, StreamRef stream) {
  launch_activation_gradient_of(op, stream);
}
void launch_activation_gradient(const ActivationGradientOp<Bfloat16>& op, StreamRef stream) {
  launch_activation_gradient_of(op, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
