#include <algorithm>
#include <cstddef>

#include "kernels/conv/train/launch.h"
#include "kernels/conv/train/products.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t packed_size(const ProductShape& shape) {
  return static_cast<std::size_t>(shape.reads) * kWindowTaps * static_cast<std::size_t>(shape.writes);
}

std::size_t partial_size(const std::vector<ProductShape>& shapes, int slots) {
  std::size_t most = 0;
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    const ProductShape& s = shapes[i];
    const int groups = window_groups(s.side, s.reads, s.writes, slots);
    most = std::max(most, packed_size(s) * static_cast<std::size_t>(groups));
  }
  return most;
}

class DirectProducts final : public FaceProducts<float> {
 public:
  DirectProducts(const std::vector<ProductShape>& shapes, int slots, StreamRef stream)
      : stream_(stream), shapes_(shapes), partial_(stream, partial_size(shapes, slots)) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      for (auto* packed : {&forward_, &backward_}) packed->emplace_back(stream, i == 0 ? 0 : packed_size(shapes[i]));
    }
  }

  void take(const float* parameters) override {
    for (std::size_t i = 1; i < shapes_.size(); ++i) {
      const ProductShape& s = shapes_[i];
      launch_pack({parameters + s.weight, forward_[i].data(), s.in, s.out, s.reads, s.writes, false}, stream_);
      launch_pack({parameters + s.weight, backward_[i].data(), s.in, s.out, s.writes, s.reads, true}, stream_);
    }
  }

  TileSums forward(std::size_t stage, const float* in, int n, float* out) override {
    const ProductShape& s = shapes_[stage];
    launch_convolution({in, forward_[stage].data(), out, s.side, s.reads, s.writes}, n, stream_);
    return {};
  }
  int most_tiles() const override { return 0; }

  void backward(std::size_t stage, const float* d_out, int n, float* d_in) override {
    const ProductShape& s = shapes_[stage];
    launch_convolution({d_out, backward_[stage].data(), d_in, s.side, s.writes, s.reads}, n, stream_);
  }

  void window_gradient(std::size_t stage, const float* in, const float* d_out, int n, float* gradient) override {
    launch_window_gradient(shapes_[stage], in, d_out, n, partial_.data(), gradient, stream_);
  }

 private:
  StreamRef stream_;
  std::vector<ProductShape> shapes_;
  std::vector<DeviceBuffer<float>> forward_, backward_;  // packed weights of each stage but the first
  DeviceBuffer<float> partial_;                          // sums of groups
};

}  // namespace

std::unique_ptr<FaceProducts<float>> make_direct_products(const std::vector<ProductShape>& shapes, int slots,
                                                          StreamRef stream) {
  return std::make_unique<DirectProducts>(shapes, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
