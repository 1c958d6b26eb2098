// The three products of a stage in training: what a rung chooses, and with them what maps are kept in. Everything else
// is the same (face_train_rung.cu), and so is the first stage (picture.h).
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv/train/face_train_rung.h"
#include "kernels/conv/train/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// A stage as its products see it. Maps are [n, side, side, channels].
struct ProductShape {
  int side = 0;
  int in = 0, out = 0;        ///< channels
  int reads = 0, writes = 0;  ///< the same filled up; but the picture's one stays one
  std::int64_t weight = 0;    ///< where [3, 3, in, out] stands in the parameters and in the gradient
};

/// The gradient of a stage's window in fp32, in sums of `partial`, which window_groups() sizes.
/// @param gradient  of all parameters
template <class Element>
void launch_window_gradient(const ProductShape& s, const float* in, const Element* d_out, int n, float* partial,
                            float* gradient, StreamRef stream) {
  launch_window_gradient(WindowGradientOp<Element>{.in = in,
                                                   .d_out = d_out,
                                                   .partial = partial,
                                                   .gradient = gradient + s.weight,
                                                   .side = s.side,
                                                   .reads = s.reads,
                                                   .writes = s.writes,
                                                   .in_channels = s.in,
                                                   .out_channels = s.out,
                                                   .groups = window_groups(s.side, s.reads, s.writes, n)},
                         n, stream);
}

/// Of all stages but the first, for one network, on one stream. All calls enqueue and return.
/// @tparam Element  of maps and of their gradients
template <class Element>
class FaceProducts {
 public:
  virtual ~FaceProducts() = default;
  /// Once before the products of an iteration.
  virtual void take(const float* parameters) = 0;
  /// @return what it added up of `out` on the way, if anything; valid until it is next called
  virtual TileSums forward(std::size_t stage, const Element* in, int n, Element* out) = 0;
  virtual int most_tiles() const = 0;  ///< that forward() ever returns
  virtual void backward(std::size_t stage, const Element* d_out, int n, Element* d_in) = 0;
  virtual void window_gradient(std::size_t stage, const Element* in, const Element* d_out, int n, float* gradient) = 0;
};

/// fp32. @param slots  most pictures
std::unique_ptr<FaceProducts<float>> make_direct_products(const std::vector<ProductShape>& shapes, int slots,
                                                          StreamRef stream);
/// As many parts of a window's gradient as memory must hold on tensor cores, for 1 to `slots` pictures. Fewer pictures
/// can have more: more of them make runs longer.
int most_gradient_groups(const ProductShape& shape, int slots);
/// Tensor cores (tensor.h).
std::unique_ptr<FaceProducts<Bfloat16>> make_tensor_products(const std::vector<ProductShape>& shapes, int slots,
                                                             StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
