#include <algorithm>

#include "kernels/conv/grid.h"
#include "kernels/conv/train/optimiser.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

/// Convolutions and the head's weights; normalisations and biases do not decay.
std::vector<std::uint8_t> decaying(const FaceTrainNetwork& network) {
  std::vector<std::uint8_t> decays(size(network.size), 0);
  const auto mark = [&](std::int64_t at, std::int64_t count) { std::fill_n(decays.begin() + at, count, 1); };
  for (const FaceTrainStage& stage : network.stages) mark(stage.conv, std::int64_t{9} * stage.in * stage.out);
  mark(network.head_weight, std::int64_t{network.classes} * network.features());
  return decays;
}

}  // namespace

int square_parts(std::int64_t count) { return static_cast<int>((count + SquaresTile::kPart - 1) / SquaresTile::kPart); }

void launch_gradient_norm(const SquaresOp& op, StreamRef stream) {
  const int parts = square_parts(op.count);
  launch("squares", squares_kernel,
         {.grid = static_cast<unsigned>(parts), .block = SquaresTile::kThreads, .shared_bytes = sizeof(SquaresLayout)},
         stream, op);
  launch("step_scale", step_scale_kernel, {.grid = 1, .block = 32}, stream, op, parts);
}

void launch_adamw(const AdamwOp& op, StreamRef stream) {
  launch_elements("adamw", adamw_kernel, static_cast<std::int64_t>(op.adam.count), stream, op);
}

void launch_follow(const FollowOp& op, StreamRef stream) {
  launch_elements("follow", follow_kernel, op.count, stream, op);
}

FaceOptimiser::FaceOptimiser(const FaceTrainNetwork& network, StreamRef stream)
    : parameters(stream, size(network.size)),
      gradient(stream, size(network.size)),
      adam_m(stream, size(network.size)),
      adam_v(stream, size(network.size)),
      average(stream, size(network.size)),
      moments(stream, size(network.moments())),
      average_moments(stream, size(network.moments())),
      tally(stream, 1),
      stream_(stream),
      decays_(stream, size(network.size)),
      parts_(stream, size(square_parts(network.size))),
      scale_(stream, 1) {
  const std::vector<std::uint8_t> decays = decaying(network);
  decays_.upload(decays);
  adam_m.fill(0), adam_v.fill(0), tally.fill(0);
  stream.synchronize();  // before `decays` goes
}

void FaceOptimiser::step(const FaceOptimiserStep& step) {
  launch_gradient_norm({.gradient = gradient.data(),
                        .parts = parts_.data(),
                        .scale = scale_.data(),
                        .tally = tally.data(),
                        .count = static_cast<std::int64_t>(gradient.size()),
                        .clip_norm = step.clip_norm,
                        .iteration = step.iteration},
                       stream_);
  AdamwOp op{.adam = step.adam,
             .averaged = average.data(),
             .decays = decays_.data(),
             .scale = scale_.data(),
             .decay = step.decay,
             .average = step.average};
  op.adam.w = parameters.data(), op.adam.m = adam_m.data(), op.adam.v = adam_v.data();
  op.adam.gradient = gradient.data(), op.adam.count = parameters.size();
  launch_adamw(op, stream_);
  launch_follow({.to = average_moments.data(),
                 .from = moments.data(),
                 .scale = scale_.data(),
                 .share = step.average,
                 .count = static_cast<std::int64_t>(moments.size())},
                stream_);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
