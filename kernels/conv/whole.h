// The rung whole: where everything lies in a block's shared memory.
#pragma once

#include <cstddef>

#include "kernels/conv/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kWholeThreads = 512;

struct WholeStage {
  const void* weight = nullptr;  ///< lane_major; the first stage's channel_major
  const float* scale = nullptr;  ///< [writes]
  const float* shift = nullptr;  ///< [writes]
  int side = 0;                  ///< of the convolution
  int reads = 0, writes = 0;     ///< channels, filled up; but the picture's one stays one
  int from = 0, to = 0;          ///< bytes at which its maps begin
  bool pool = false;

  AFFETTO_HD int side_after() const { return pool ? side / 2 : side; }
};

struct WholeOp {
  WholeStage stages[kMaxFaceStages];
  int count = 0;    ///< of them
  int zeros = 0;    ///< byte at which sixteen bytes of zeros begin: what lies around a map
  int scratch = 0;  ///< byte of the head's
  HeadView head;
  const float* pictures = nullptr;  ///< [n, side, side]
  float* probabilities = nullptr;   ///< [n, classes]
};

/// Fills in places; the weights' pointers are the caller's. Maps lie at the two ends by turns, so that what is wanted
/// is the largest pair of neighbours. @return bytes of shared memory
std::size_t place_whole(const FaceWeights& weights, WholeOp& op);

}  // namespace kernels::inline AFFETTO_PLATFORM
