#include "trainer/face/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/face/network.h"
#include "kernels/math/philox.h"

namespace trainer {
namespace {

/// Numbers in (0, 1), one after the other.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  double next() {
    if (at_ % 4 == 0) words_ = kernels::random_words(seed_, stream_, at_ / 4, kernels::Purpose::kAugment);
    return kernels::uniform(words_.w[at_++ % 4]);
  }
  double between(double low, double high) { return low + (high - low) * next(); }

 private:
  std::uint64_t seed_, stream_;
  std::uint32_t at_ = 0;
  kernels::Words4 words_{};
};

/// Where a pixel of the new picture is taken from in the old, both measured from the middle.
struct Affine {
  double xx, xy, yx, yy, x, y;
};

Affine draw_affine(Draws& draws, const FaceAugmentation& o, double side) {
  const double mirror = draws.next() < o.flip ? -1 : 1;
  const double angle = draws.between(-o.turn_deg, o.turn_deg) * std::numbers::pi / 180;
  const double scale = draws.between(1 - o.scale, 1 + o.scale);
  const double x = draws.between(-o.shift, o.shift) * side, y = draws.between(-o.shift, o.shift) * side;
  return {mirror * scale * std::cos(angle),
          scale * std::sin(angle),
          -mirror * scale * std::sin(angle),
          scale * std::cos(angle),
          x,
          y};
}

/// Between four pixels; outside, the nearest of the edge.
float sample(std::span<const std::uint8_t> pixels, std::size_t side, double x, double y) {
  const double most = static_cast<double>(side - 1);
  x = std::clamp(x, 0.0, most), y = std::clamp(y, 0.0, most);
  const auto left = static_cast<std::size_t>(x), top = static_cast<std::size_t>(y);
  const std::size_t right = std::min(left + 1, side - 1), bottom = std::min(top + 1, side - 1);
  const double fx = x - static_cast<double>(left), fy = y - static_cast<double>(top);
  const double upper = pixels[top * side + left] * (1 - fx) + pixels[top * side + right] * fx;
  const double lower = pixels[bottom * side + left] * (1 - fx) + pixels[bottom * side + right] * fx;
  return static_cast<float>(upper * (1 - fy) + lower * fy);
}

/// A rectangle of a drawn area and shape set to the picture's mean, which is 0.
void cover(Draws& draws, const FaceAugmentation& o, std::size_t side, std::span<float> picture) {
  if (draws.next() >= o.erase) return;
  const auto full = static_cast<double>(side);
  const double area = draws.between(0.02, o.erase_area) * full * full, shape = std::exp(draws.between(-1, 1));
  const auto clipped = [&](double length) { return static_cast<std::size_t>(std::clamp(length, 1.0, full)); };
  const std::size_t width = clipped(std::sqrt(area * shape)), height = clipped(std::sqrt(area / shape));
  const auto left = static_cast<std::size_t>(draws.next() * static_cast<double>(side - width + 1));
  const auto top = static_cast<std::size_t>(draws.next() * static_cast<double>(side - height + 1));
  for (std::size_t y = top; y < top + height; ++y) {
    std::fill_n(picture.begin() + static_cast<std::ptrdiff_t>(y * side + left), width, 0.0f);
  }
}

}  // namespace

void augment(std::span<const std::uint8_t> pixels, std::size_t side, const FaceAugmentation& options,
             std::uint64_t seed, std::uint64_t epoch, std::uint64_t index, std::span<float> picture) {
  Draws draws(seed, epoch << 32 | index);
  const double middle = (static_cast<double>(side) - 1) / 2;
  const Affine a = draw_affine(draws, options, static_cast<double>(side));
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      const double x = static_cast<double>(column) - middle, y = static_cast<double>(row) - middle;
      picture[row * side + column] =
          sample(pixels, side, a.xx * x + a.xy * y + a.x + middle, a.yx * x + a.yy * y + a.y + middle);
    }
  }
  engine::standardise(picture);
  cover(draws, options, side, picture);
}

}  // namespace trainer
