#include "kernels/conv/pack.h"

#include <algorithm>
#include <cstddef>

#include "kernels/math/half.h"

namespace kernels {
namespace {

/// Zero for channels that are not there.
float weight_at(const FaceStageWeights& stage, int out, int in, int tap) {
  if (out >= stage.out || in >= stage.in) return 0;
  return stage
      .weight[(static_cast<std::size_t>(out) * static_cast<std::size_t>(stage.in) + static_cast<std::size_t>(in)) *
                  kWindowTaps +
              static_cast<std::size_t>(tap)];
}

}  // namespace

std::vector<float> filled_up(std::span<const float> values) {
  std::vector<float> filled(values.begin(), values.end());
  filled.resize(static_cast<std::size_t>(filled_up(static_cast<int>(values.size()))));
  return filled;
}

std::vector<float> channel_major(const FaceStageWeights& stage, int reads) {
  std::vector<float> packed;
  for (int in = 0; in < reads; ++in) {
    for (int tap = 0; tap < kWindowTaps; ++tap) {
      for (int out = 0; out < filled_up(stage.out); ++out) packed.push_back(weight_at(stage, out, in, tap));
    }
  }
  return packed;
}

std::vector<std::uint32_t> lane_major(const FaceStageWeights& stage) {
  std::vector<std::uint32_t> packed;
  for (int in = 0; in < filled_up(stage.in); in += kChannelUnit) {
    for (int tap = 0; tap < kWindowTaps; ++tap) {
      for (int out = 0; out < filled_up(stage.out); out += kChannelUnit) {
        for (int lane = 0; lane < 32; ++lane) {
          for (int r = 0; r < 4; ++r) {
            const int column = out + r / 2 * 8 + lane / 4, row = in + r % 2 * 8 + lane % 4 * 2;
            packed.push_back(
                pack(to_half(weight_at(stage, column, row, tap)), to_half(weight_at(stage, column, row + 1, tap))));
          }
        }
      }
    }
  }
  return packed;
}

}  // namespace kernels
