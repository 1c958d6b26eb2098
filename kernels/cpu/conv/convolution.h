// 3x3 convolution of feature maps with a border of zeros (stride 1, the output as large as the input), forward and
// backward, as matrix products that read the maps as they lie: with channels last the three pixels under one row of the
// window are one run of 3 C numbers, and the next output pixel's run begins C numbers further on, so that a map is its
// own patch matrix with overlapping rows and nothing is copied.
//
// An output is summed over the window's rows, then its columns, then the channels, in that order: it does not depend on
// how callers cut the work. Weights are [3, 3, in, out] here; PyTorch's [out, in, 3, 3] is what files hold.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/cpu/conv/maps.h"
#include "kernels/cpu/gemm.h"

namespace kernels {

inline constexpr std::size_t kTaps = 3;  ///< rows and columns of the window

/// Weights as the products read them.
class PackedWindow {
 public:
  enum class Direction {
    forward,   ///< from `in` channels to `out`
    backward,  ///< from the gradient of the output (`out` channels) to that of the input: transposed, turned around
  };
  PackedWindow() = default;
  PackedWindow(std::size_t in, std::size_t out, Direction direction);
  /// @param weights  [3, 3, in, out]
  void fill(std::span<const float> weights);
  std::size_t reads() const { return direction_ == Direction::forward ? in_ : out_; }   ///< channels
  std::size_t writes() const { return direction_ == Direction::forward ? out_ : in_; }  ///< channels
  const PackedMatrix& row(std::size_t tap) const { return rows_[tap]; }

 private:
  std::size_t in_ = 0, out_ = 0;
  Direction direction_ = Direction::forward;
  std::array<PackedMatrix, kTaps> rows_;  ///< of the window: [3 reads(), writes()]
};

/// Rows first .. first + rows - 1 of one map's convolution.
struct Convolution {
  MapSize size;               ///< of the input; its channels are what the weights read
  const float* in = nullptr;  ///< a map, from its border on
  const PackedWindow* weights = nullptr;
  float* out = nullptr;  ///< a map of the same height and width, from its border on; its inside is written
  std::size_t first = 0, rows = 0;
};
void convolve(const Convolution& op);

/// Room for blocks; one per thread, kept between calls.
struct ConvolutionScratch {
  AlignedFloats strips, panels;
};

/// Adds one map's part to the gradient of the weights.
struct WindowGradient {
  MapSize size;               ///< of the input
  const float* in = nullptr;  ///< a map of a Maps, from its border on
  std::size_t out_channels = 0;
  const float* d_out = nullptr;  ///< gradient of the output: a map from its border on, the border zero
  float* d_weights = nullptr;    ///< [3, 3, in, out]
};
void add_window_gradient(const WindowGradient& op, ConvolutionScratch& scratch);

}  // namespace kernels
