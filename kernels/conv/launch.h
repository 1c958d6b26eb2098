// The kernels of the face network: operands and launchers, one .cu each. Maps of the fused rungs are
// [pictures, side, side, channels], channels filled up to whole units (pack.h); cp.async writes the zeros around them.
#pragma once

#include <cstddef>

#include "kernels/conv/pack.h"
#include "kernels/math/annotations.h"
#include "kernels/math/half.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kHeadThreads = 128;

struct HeadView {
  const float* weight = nullptr;  ///< [classes, features]
  const float* bias = nullptr;    ///< [classes]
  float temperature = 1;
  int classes = 0, features = 0;
  int pixels = 0;  ///< of the last map

  std::size_t scratch_bytes() const { return (static_cast<std::size_t>(features + classes) + 3) / 4 * 16; }
};

/// Mean over pixels, dense layer and softmax of each picture.
template <class Element>
struct HeadOp {
  HeadView head;
  const Element* map = nullptr;    ///< [n, pixels, features filled up]
  float* probabilities = nullptr;  ///< [n, classes]
};
void launch_head(const HeadOp<float>& op, int pictures, StreamRef stream);
void launch_head(const HeadOp<Half>& op, int pictures, StreamRef stream);

/// A stage. @tparam In, Out  elements of its maps
template <class In, class Out>
struct StageOp {
  const In* in = nullptr;        ///< [n, side, side, reads]
  const void* weight = nullptr;  ///< as the launcher says
  const float* scale = nullptr;  ///< [writes]
  const float* shift = nullptr;  ///< [writes]
  Out* out = nullptr;            ///< [n, side, side, writes], or half the side where `pool`
  int side = 0;                  ///< of the convolution
  int reads = 0, writes = 0;     ///< channels, filled up; but the picture's one stays one
  bool pool = false;

  AFFETTO_HD int side_after() const { return pool ? side / 2 : side; }
};

/// weight: channel_major, of the first unit where reads is 1. The picture's stage may write either.
void launch_stage(const StageOp<float, float>& op, int pictures, StreamRef stream);
void launch_stage(const StageOp<float, Half>& op, int pictures, StreamRef stream);
/// weight: lane_major
void launch_tensor_stage(const StageOp<Half, Half>& op, int pictures, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
