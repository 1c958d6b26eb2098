// Convolutions of training on tensor cores: operands and launchers. Maps are [n, side, side, channels] in bf16,
// channels filled up to sixteens (pack.h) with zeros; products are summed in fp32.
//
// bf16 and not fp16, because a gradient needs the range of fp32 and not its last places: a loss needs no scale then.
// What a convolution makes is kept in bf16 too. It is read three times more (by the activation, by both passes of batch
// normalisation's gradient), and in fp32, at 48 x 48 x 32, each of them would take as long as the product itself. Its
// moments are those of the numbers that are kept, summed in fp32 as they are written: normalisation and its gradient
// are then the definition's, of this very map, and a channel far from zero is not shifted by what rounding did to its
// mean.
//
// Weights of both directions are packed anew on the device after each of the optimiser's steps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/train/tensor_tiles.h"
#include "kernels/math/half.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Words of a packed window; both channels filled up.
constexpr std::size_t packed_window_words(int reads, int writes) {
  return static_cast<std::size_t>(reads) * static_cast<std::size_t>(writes) * kWindowTaps / 2;
}

/// Training's weights as lanes hold the second operand of dev::mma: [reads / 16, 9, writes / 16, 32 lanes, 4 words],
/// zeros where channels were filled up. A lane's eight columns are such that in the product it owns four neighbouring
/// channels of each sixteen, which it stores at once.
struct PackWindowOp {
  const float* weight = nullptr;    ///< [3, 3, in, out]
  std::uint32_t* packed = nullptr;  ///< forward from in to out; turned from out to in; 16-byte aligned
  int in = 0, out = 0;
  bool turned = false;  ///< the other way: transposed, and turned by half a turn, as a gradient goes through it
};
void launch_pack_window(const PackWindowOp& op, StreamRef stream);

/// 3x3, stride 1, zeros around the map; forward, or with a turned window the gradient of its operand. A number is the
/// sum over sixteens of channels, for each over the taps, in rising order: no other picture has a part in it.
struct TensorConvolutionOp {
  const Bfloat16* in = nullptr;           ///< [n, side, side, reads]
  const std::uint32_t* weight = nullptr;  ///< packed
  Bfloat16* out = nullptr;                ///< [n, side, side, writes]
  float* sums = nullptr;                  ///< [tile_count(), 2, writes] of each tile's numbers, their squares; or null
  int pictures = 0, side = 0;
  int reads = 0, writes = 0;  ///< channels, filled up
};
void launch_tensor_convolution(const TensorConvolutionOp& op, StreamRef stream);

/// The gradient of a window: over all pictures and pixels, in(seen through a tap)^T times d_out. In parts, each of a
/// run of tiles, to be added up by launch_add_parts (parts.h).
struct TensorWindowGradientOp {
  const Bfloat16* in = nullptr;     ///< [n, side, side, reads]
  const Bfloat16* d_out = nullptr;  ///< [n, side, side, writes]
  float* parts = nullptr;           ///< [gradient_groups(), 9, reads, writes]
  int pictures = 0, side = 0;
  int reads = 0, writes = 0;  ///< channels, filled up
  int run = 0;                ///< tiles of a part: gradient_run(), or any other number from 1 on
};
void launch_tensor_window_gradient(const TensorWindowGradientOp& op, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
