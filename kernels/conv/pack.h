// A face network's weights as its kernels read them. Channels of a map in memory are filled up to whole units: weights,
// scales and shifts of those that are not there are zero, so that no kernel has a ragged edge of channels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv/face_rung.h"
#include "kernels/math/annotations.h"

namespace kernels {

inline constexpr int kChannelUnit = 16;  ///< terms of one tensor core operation, and 32 bytes of fp16
inline constexpr int kWindowTaps = 9;    ///< of the 3x3 window

AFFETTO_HD constexpr int filled_up(int channels) { return (channels + kChannelUnit - 1) / kChannelUnit * kChannelUnit; }

/// The numbers of a channel each, filled up.
std::vector<float> filled_up(std::span<const float> values);

/// fp32: [in, 9, out], out filled up. in: as `reads` says, not below the stage's.
std::vector<float> channel_major(const FaceStageWeights& stage, int reads);

/// fp16, as lanes hold the second operand of dev::mma: [in / 16, 9, out / 16, 32 lanes, 4 registers], both filled up.
/// Registers 0 and 1 belong to the first eight of the sixteen outputs, 2 and 3 to the others.
std::vector<std::uint32_t> lane_major(const FaceStageWeights& stage);

}  // namespace kernels
