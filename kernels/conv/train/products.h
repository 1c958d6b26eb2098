// The three products of a stage in training: what a rung chooses. Everything else is the same (steps.cu).
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv/train/face_train_rung.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// A stage as its products see it. Maps are [n, side, side, channels].
struct ProductShape {
  int side = 0;
  int in = 0, out = 0;        ///< channels
  int reads = 0, writes = 0;  ///< the same filled up; but the picture's one stays one
  std::int64_t weight = 0;    ///< where [3, 3, in, out] stands in the parameters and in the gradient
};

/// For one network, on one stream. All calls enqueue and return.
class FaceProducts {
 public:
  virtual ~FaceProducts() = default;
  /// Once before the products of an iteration.
  virtual void take(const float* parameters) = 0;
  virtual void forward(std::size_t stage, const float* in, int n, float* out) = 0;
  /// Not of the first stage: a picture needs no gradient.
  virtual void backward(std::size_t stage, const float* d_out, int n, float* d_in) = 0;
  virtual void window_gradient(std::size_t stage, const float* in, const float* d_out, int n, float* gradient) = 0;
};

std::unique_ptr<FaceProducts> make_direct_products(const std::vector<ProductShape>& shapes, int slots,
                                                   StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
