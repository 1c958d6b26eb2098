// The first stage's products, the same at every rung: of one channel, fp32 and no tensor core's work, for nine terms do
// not fill the sixteen of a matrix operation. Only what it makes is kept as the rung's maps are.
#pragma once

#include "kernels/conv/train/products.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {

template <class Element>
class PictureProducts {
 public:
  PictureProducts(const ProductShape& shape, int slots, StreamRef stream)
      : stream_(stream), shape_(shape), packed_(stream, size()), partial_(stream, size() * groups(slots)) {}

  void take(const float* parameters) const {
    const ProductShape& s = shape_;
    launch_pack({parameters + s.weight, packed_.data(), s.in, s.out, s.reads, s.writes, false}, stream_);
  }

  void forward(const float* pictures, int n, Element* out) const {
    const ProductShape& s = shape_;
    launch_convolution({pictures, packed_.data(), out, s.side, s.reads, s.writes}, n, stream_);
  }

  void window_gradient(const float* pictures, const Element* d_out, int n, float* gradient) const {
    launch_window_gradient(shape_, pictures, d_out, n, partial_.data(), gradient, stream_);
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(kWindowTaps * shape_.reads * shape_.writes); }
  std::size_t groups(int n) const {
    return static_cast<std::size_t>(window_groups(shape_.side, shape_.reads, shape_.writes, n));
  }

  StreamRef stream_;
  ProductShape shape_;
  DeviceBuffer<float> packed_;   // weights
  DeviceBuffer<float> partial_;  // sums of groups
};

}  // namespace kernels::inline AFFETTO_PLATFORM
