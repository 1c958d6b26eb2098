#include <algorithm>
#include <cstddef>

#include "kernels/conv/train/parts.h"
#include "kernels/conv/train/products.h"
#include "kernels/conv/train/tensor.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t channels_squared(const ProductShape& s) {
  return static_cast<std::size_t>(s.reads) * static_cast<std::size_t>(s.writes);
}

class TensorProducts final : public FaceProducts<Bfloat16> {
 public:
  TensorProducts(const std::vector<ProductShape>& shapes, int slots, StreamRef stream)
      : stream_(stream), shapes_(shapes) {
    std::size_t most_sums = 0, most_parts = 0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const ProductShape& s = shapes[i];
      for (auto* packed : {&forward_, &backward_})
        packed->emplace_back(stream, i == 0 ? 0 : packed_window_words(s.reads, s.writes));
      if (i == 0) continue;
      const int tiles = tile_count(slots, s.side);
      most_tiles_ = std::max(most_tiles_, tiles);
      most_sums = std::max(most_sums, static_cast<std::size_t>(tiles) * 2 * static_cast<std::size_t>(s.writes));
      const auto groups = static_cast<std::size_t>(most_gradient_groups(s, slots));
      most_parts = std::max(most_parts, groups * kWindowTaps * channels_squared(s));
    }
    sums_ = {stream, most_sums}, parts_ = {stream, most_parts};
  }

  void take(const float* parameters) override {
    for (std::size_t i = 1; i < shapes_.size(); ++i) {
      const ProductShape& s = shapes_[i];
      launch_pack_window({parameters + s.weight, forward_[i].data(), s.in, s.out, false}, stream_);
      launch_pack_window({parameters + s.weight, backward_[i].data(), s.in, s.out, true}, stream_);
    }
  }

  TileSums forward(std::size_t stage, const Bfloat16* in, int n, Bfloat16* out) override {
    const ProductShape& s = shapes_[stage];
    launch_tensor_convolution({.in = in,
                               .weight = forward_[stage].data(),
                               .out = out,
                               .sums = sums_.data(),
                               .pictures = n,
                               .side = s.side,
                               .reads = s.reads,
                               .writes = s.writes},
                              stream_);
    return {sums_.data(), tile_count(n, s.side)};
  }
  int most_tiles() const override { return most_tiles_; }

  void backward(std::size_t stage, const Bfloat16* d_out, int n, Bfloat16* d_in) override {
    const ProductShape& s = shapes_[stage];
    launch_tensor_convolution({.in = d_out,
                               .weight = backward_[stage].data(),
                               .out = d_in,
                               .sums = nullptr,
                               .pictures = n,
                               .side = s.side,
                               .reads = s.writes,
                               .writes = s.reads},
                              stream_);
  }

  void window_gradient(std::size_t stage, const Bfloat16* in, const Bfloat16* d_out, int n, float* gradient) override {
    const ProductShape& s = shapes_[stage];
    const int run = gradient_run(n, s.side, s.reads, s.writes);
    launch_tensor_window_gradient({.in = in,
                                   .d_out = d_out,
                                   .parts = parts_.data(),
                                   .pictures = n,
                                   .side = s.side,
                                   .reads = s.reads,
                                   .writes = s.writes,
                                   .run = run},
                                  stream_);
    launch_add_parts({.parts = parts_.data(),
                      .sum = gradient + s.weight,
                      .count = gradient_groups(n, s.side, run),
                      .planes = kWindowTaps,
                      .rows = s.in,
                      .columns = s.out,
                      .held_rows = s.reads,
                      .held_columns = s.writes},
                     stream_);
  }

 private:
  StreamRef stream_;
  std::vector<ProductShape> shapes_;
  std::vector<DeviceBuffer<std::uint32_t>> forward_, backward_;  // packed weights of each stage but the first
  int most_tiles_ = 0;
  DeviceBuffer<float> sums_;   // of the tiles of the map that was last made
  DeviceBuffer<float> parts_;  // of a window's gradient
};

}  // namespace

int most_gradient_groups(const ProductShape& s, int slots) {
  int most = 0;
  for (int n = 1; n <= slots; ++n)
    most = std::max(most, gradient_groups(n, s.side, gradient_run(n, s.side, s.reads, s.writes)));
  return most;
}

std::unique_ptr<FaceProducts<Bfloat16>> make_tensor_products(const std::vector<ProductShape>& shapes, int slots,
                                                             StreamRef stream) {
  return std::make_unique<TensorProducts>(shapes, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
