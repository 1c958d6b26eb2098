// The kernels of the face network's training: operands and launchers, one .cu each. Maps are [pictures, side, side,
// channels], channels filled up to whole units (pack.h) with zeros; the picture's one channel stays one. Pointers are
// the device's.
#pragma once

#include <cstdint>

#include "kernels/conv/pack.h"
#include "kernels/conv/train/face_train_rung.h"
#include "kernels/math/annotations.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

// ---- the three products, in fp32

/// A convolution's weights as launch_convolution reads them.
struct PackOp {
  const float* weight = nullptr;  ///< [3, 3, in, out]
  float* to = nullptr;            ///< [reads, 9, writes], zeros for channels that are not there
  int in = 0, out = 0;
  int reads = 0, writes = 0;  ///< channels of the maps
  bool turned = false;        ///< for the way back: reads out, writes in, and the window is turned round
};
void launch_pack(const PackOp& op, StreamRef stream);

/// 3x3, stride 1, zeros around the map.
struct ConvolutionOp {
  const float* in = nullptr;      ///< [n, side, side, reads]
  const float* weight = nullptr;  ///< as PackOp made it
  float* out = nullptr;           ///< [n, side, side, writes]
  int side = 0, reads = 0, writes = 0;
};
void launch_convolution(const ConvolutionOp& op, int pictures, StreamRef stream);

/// The gradient of a convolution's weights. Maps are cut into tiles, tiles are dealt out to groups, each group has a
/// sum of its own, and the sums are added in their order.
struct WindowGradientOp {
  const float* in = nullptr;     ///< [n, side, side, reads]
  const float* d_out = nullptr;  ///< [n, side, side, writes]
  float* partial = nullptr;      ///< [groups, 9, reads, writes]
  float* gradient = nullptr;     ///< [3, 3, in channels, out channels]
  int side = 0, reads = 0, writes = 0;
  int in_channels = 0, out_channels = 0;
  int groups = 1;
};
/// As many groups as fill a large GPU, at most one for each tile: by shapes alone.
int window_groups(int side, int reads, int writes, int pictures);
void launch_window_gradient(const WindowGradientOp& op, int pictures, StreamRef stream);

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

/// The moments of z, and what normalises by them.
struct MomentsOp {
  const float* z = nullptr;  ///< [pixels, channels]
  ChannelParts parts;
  NormView norm;
  const float* gamma = nullptr;  ///< [out]
  const float* beta = nullptr;   ///< [out]
  float* moments = nullptr;      ///< [2, out] mean, the sample's variance
  double epsilon = 0;
  int pixels = 0;  ///< of the whole batch
  int out = 0;     ///< channels that are there
};
void launch_moments(const MomentsOp& op, StreamRef stream);

/// y = max(z scale + shift, 0), of the four pixels of a 2x2 window the greatest where `pool`.
struct ActivationOp {
  const float* z = nullptr;  ///< [n, side, side, channels]
  NormView norm;
  float* y = nullptr;  ///< [n, after, after, channels]
  int side = 0, channels = 0;
  bool pool = false;

  AFFETTO_HD int after() const { return pool ? side / 2 : side; }
};
void launch_activation(const ActivationOp& op, int pictures, StreamRef stream);

/// The way back through all three. The gradient goes to the first of a window's greatest, if it is above zero.
struct ActivationGradientOp {
  ActivationOp forward;       ///< y is not looked at
  const float* dy = nullptr;  ///< of picture i and pixel j: dy + i dy_picture + j dy_pixel
  std::int64_t dy_picture = 0;
  int dy_pixel = 0;  ///< 0 where all pixels of a picture have the same gradient, as under a mean
  ChannelParts parts;
  const float* gamma = nullptr;  ///< [out]
  float* d_gamma = nullptr;      ///< [out]
  float* d_beta = nullptr;       ///< [out]
  float* dz = nullptr;           ///< [n, side, side, channels]
  int pixels = 0;                ///< of the whole batch
  int out = 0;                   ///< channels that are there
};
void launch_activation_gradient(const ActivationGradientOp& op, StreamRef stream);

// ---- behind the last stage

struct TrainHeadOp {
  const float* map = nullptr;      ///< [n, pixels, channels]
  const float* weight = nullptr;   ///< [classes, features]
  const float* bias = nullptr;     ///< [classes]
  const float* targets = nullptr;  ///< [n, classes]
  float* kept = nullptr;           ///< [n, features] the mean over pixels, times dropout's factor
  double* d_logits = nullptr;      ///< [n, classes]
  float* d_pixel = nullptr;        ///< [n, channels] of each pixel of the map
  double* losses = nullptr;        ///< [n]
  int* correct = nullptr;          ///< [n] 0 or 1
  int pixels = 0, features = 0, channels = 0, classes = 0, n = 0;
  double dropout = 0;
  std::uint64_t seed = 0, iteration = 0;
};
/// Mean over pixels, dropout, dense layer, cross-entropy; and back.
void launch_train_head(const TrainHeadOp& op, StreamRef stream);

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
