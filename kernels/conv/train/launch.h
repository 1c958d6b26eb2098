// The kernels of the face network's training: operands and launchers, one .cu each. Maps are [pictures, side, side,
// channels], channels filled up to whole units (pack.h) with zeros; the picture's one channel stays one. Pointers are
// the device's. An Element is what maps and their gradients are kept in, float or Bfloat16; arithmetic is done in
// float, and what is the same for a whole channel (moments, scales, parameters and their gradients) is never less than
// that.
#pragma once

#include <cstdint>

#include "kernels/conv/pack.h"
#include "kernels/conv/train/face_train_rung.h"
#include "kernels/math/annotations.h"
#include "kernels/math/half.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

// ---- the three products, in fp32; what is made of the picture may be kept in bf16

/// A convolution's weights as launch_convolution reads them.
struct PackTapsOp {
  const float* weight = nullptr;  ///< [3, 3, in, out]
  float* to = nullptr;            ///< [reads, 9, writes], zeros for channels that are not there
  int in = 0, out = 0;
  int reads = 0, writes = 0;  ///< channels of the maps
  bool turned = false;        ///< for the way back: reads out, writes in, and the window is turned round
};
void launch_pack(const PackTapsOp& op, StreamRef stream);

/// 3x3, stride 1, zeros around the map.
template <class Element>
struct ConvolutionOp {
  const float* in = nullptr;      ///< [n, side, side, reads]
  const float* weight = nullptr;  ///< as PackTapsOp made it
  Element* out = nullptr;         ///< [n, side, side, writes]
  int side = 0, reads = 0, writes = 0;
};
void launch_convolution(const ConvolutionOp<float>& op, int pictures, StreamRef stream);
/// Of the picture: reads is 1.
void launch_convolution(const ConvolutionOp<Bfloat16>& op, int pictures, StreamRef stream);

/// The gradient of a convolution's weights. Maps are cut into tiles, tiles are dealt out to groups, each group has a
/// sum of its own, and the sums are added in their order.
template <class Element>
struct WindowGradientOp {
  const float* in = nullptr;       ///< [n, side, side, reads]
  const Element* d_out = nullptr;  ///< [n, side, side, writes]
  float* partial = nullptr;        ///< [groups, 9, reads, writes]
  float* gradient = nullptr;       ///< [3, 3, in channels, out channels]
  int side = 0, reads = 0, writes = 0;
  int in_channels = 0, out_channels = 0;
  int groups = 1;
};
/// As many groups as fill a large GPU, at most one for each tile: by shapes alone.
int window_groups(int side, int reads, int writes, int pictures);
void launch_window_gradient(const WindowGradientOp<float>& op, int pictures, StreamRef stream);
/// Of the picture: reads is 1.
void launch_window_gradient(const WindowGradientOp<Bfloat16>& op, int pictures, StreamRef stream);

// ---- between two convolutions: batch normalisation, ReLU, pooling

/// A stage's normalisation, channel by channel, [channels] each.
struct NormView {
  double* inverse = nullptr;  ///< 1 / deviation
  float* mean = nullptr;
  float* scale = nullptr;  ///< gamma inverse
  float* shift = nullptr;  ///< beta - mean scale
  // dz = by_dr dr + by_z z + constant
  float *by_dr = nullptr, *by_z = nullptr, *constant = nullptr;
};

/// Two sums for every channel over all pixels of a batch, in parts.
struct ChannelParts {
  double* first = nullptr;   ///< [parts, channels]
  double* second = nullptr;  ///< [parts, channels]
  int channels = 0;          ///< filled up
};
int channel_parts(int pixels);

/// What a convolution has added up already, by the tile, of the very map that it wrote.
struct TileSums {
  const float* sums = nullptr;  ///< [count, 2, channels] of numbers, of their squares; null: nothing was
  int count = 0;                ///< tiles
};
int tile_parts(int tiles);  ///< as channel_parts(), where tiles are added up and not pixels

/// The moments of z, and what normalises by them.
template <class Element>
struct MomentsOp {
  const Element* z = nullptr;  ///< [pixels, channels]
  TileSums tiles;              ///< where there are, z is not read
  ChannelParts parts;
  NormView norm;
  const float* gamma = nullptr;  ///< [out]
  const float* beta = nullptr;   ///< [out]
  float* moments = nullptr;      ///< [2, out] mean, the sample's variance
  double epsilon = 0;
  int pixels = 0;  ///< of the whole batch
  int out = 0;     ///< channels that are there
};
void launch_moments(const MomentsOp<float>& op, StreamRef stream);
void launch_moments(const MomentsOp<Bfloat16>& op, StreamRef stream);

/// y = max(z scale + shift, 0), of the four pixels of a 2x2 window the greatest where `pool`.
template <class Element>
struct ActivationOp {
  const Element* z = nullptr;  ///< [n, side, side, channels]
  NormView norm;
  Element* y = nullptr;  ///< [n, after, after, channels]
  int side = 0, channels = 0;
  bool pool = false;

  AFFETTO_HD int after() const { return pool ? side / 2 : side; }
};
void launch_activation(const ActivationOp<float>& op, int pictures, StreamRef stream);
void launch_activation(const ActivationOp<Bfloat16>& op, int pictures, StreamRef stream);

/// The way back through all three. The gradient goes to the first of a window's greatest, if it is above zero.
template <class Element>
struct ActivationGradientOp {
  ActivationOp<Element> forward;  ///< y is not looked at
  const Element* dy = nullptr;    ///< of picture i and pixel j: dy + i dy_picture + j dy_pixel
  std::int64_t dy_picture = 0;
  int dy_pixel = 0;  ///< 0 where all pixels of a picture have the same gradient, as under a mean
  ChannelParts parts;
  const float* gamma = nullptr;  ///< [out]
  float* d_gamma = nullptr;      ///< [out]
  float* d_beta = nullptr;       ///< [out]
  Element* dz = nullptr;         ///< [n, side, side, channels]
  int pixels = 0;                ///< of the whole batch
  int out = 0;                   ///< channels that are there
};
void launch_activation_gradient(const ActivationGradientOp<float>& op, StreamRef stream);
void launch_activation_gradient(const ActivationGradientOp<Bfloat16>& op, StreamRef stream);

// ---- behind the last stage

template <class Element>
struct TrainHeadOp {
  const Element* map = nullptr;    ///< [n, pixels, channels]
  const float* weight = nullptr;   ///< [classes, features]
  const float* bias = nullptr;     ///< [classes]
  const float* targets = nullptr;  ///< [n, classes]
  float* kept = nullptr;           ///< [n, features] the mean over pixels, times dropout's factor
  double* d_logits = nullptr;      ///< [n, classes]
  Element* d_pixel = nullptr;      ///< [n, channels] of each pixel of the map
  double* losses = nullptr;        ///< [n]
  int* correct = nullptr;          ///< [n] 0 or 1
  int pixels = 0, features = 0, channels = 0, classes = 0, n = 0;
  double dropout = 0;
  std::uint64_t seed = 0, iteration = 0;
};
/// Mean over pixels, dropout, dense layer, cross-entropy; and back.
void launch_train_head(const TrainHeadOp<float>& op, StreamRef stream);
void launch_train_head(const TrainHeadOp<Bfloat16>& op, StreamRef stream);

/// The gradient of the dense layer, and the batch's share of the tally.
struct HeadGradientOp {
  const float* kept = nullptr;  ///< as above, and so on
  const double* d_logits = nullptr;
  const double* losses = nullptr;
  const int* correct = nullptr;
  float* d_weight = nullptr;  ///< [classes, features]
  float* d_bias = nullptr;    ///< [classes]
  FaceTally* tally = nullptr;
  int features = 0, classes = 0, n = 0;
};
void launch_head_gradient(const HeadGradientOp& op, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
