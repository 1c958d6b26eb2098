#include "kernels/conv/grid.h"
#include "kernels/conv/train/normalise.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Op>
void launch_sums(const char* name, void (*kernel)(Op), const ChannelParts& parts, int pixels, StreamRef stream,
                 const std::type_identity_t<Op>& op) {
  launch(name, kernel,
         {.grid = {static_cast<unsigned>(channel_parts(pixels)), parts_of(parts.channels, SumsTile::kChannels)},
          .block = SumsTile::kThreads,
          .shared_bytes = sizeof(SumsLayout)},
         stream, op);
}

LaunchShape warp_a_channel(int channels) { return {.grid = parts_of(channels, kRowWarps), .block = 32 * kRowWarps}; }

LaunchShape thread_an_element(const char* name, std::int64_t count) {
  return {.grid = blocks_for(name, count, kElementThreads), .block = kElementThreads};
}

}  // namespace

int channel_parts(int pixels) { return static_cast<int>(parts_of(pixels, SumsTile::kPart)); }

void launch_moments(const MomentsOp& op, StreamRef stream) {
  launch_sums("moment_sums", moment_sums_kernel, op.parts, op.pixels, stream, op);
  launch("moments", moments_kernel, warp_a_channel(op.parts.channels), stream, op, channel_parts(op.pixels));
}

void launch_activation(const ActivationOp& op, int pictures, StreamRef stream) {
  const std::int64_t count = std::int64_t{pictures} * op.after() * op.after() * op.channels;
  launch("activation", activation_kernel, thread_an_element("activation", count), stream, op, count);
}

void launch_activation_gradient(const ActivationGradientOp& op, StreamRef stream) {
  launch_sums("gradient_sums", gradient_sums_kernel, op.parts, op.pixels, stream, op);
  launch("norm_gradient", norm_gradient_kernel, warp_a_channel(op.parts.channels), stream, op,
         channel_parts(op.pixels));
  const std::int64_t count = std::int64_t{op.pixels} * op.forward.channels;
  launch("activation_gradient", activation_gradient_kernel, thread_an_element("activation_gradient", count), stream, op,
         count);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
