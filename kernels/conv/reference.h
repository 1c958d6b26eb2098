// A small convolutional network's operations in double: the definition. Maps are [count, channels, height, width] and
// weights [out, in, 3, 3], as PyTorch has them.
#pragma once

#include <cstddef>
#include <vector>

namespace kernels::conv_reference {

struct Shape {
  std::size_t count = 0, channels = 0, height = 0, width = 0;
  std::size_t size() const { return count * channels * height * width; }
  std::size_t at(std::size_t n, std::size_t c, std::size_t y, std::size_t x) const {
    return ((n * channels + c) * height + y) * width + x;
  }
};

using Values = std::vector<double>;

/// 3x3, stride 1, zeros around the map. @return [count, out, height, width]
Values convolve(const Shape& shape, const Values& x, std::size_t out, const Values& weights);
struct ConvolutionGradient {
  Values x, weights;
};
ConvolutionGradient convolve_back(const Shape& shape, const Values& x, std::size_t out, const Values& weights,
                                  const Values& d_out);

/// Mean and variance (of the whole, not of a sample) of every channel over the batch's pixels.
struct Moments {
  Values mean, variance;
};
Moments moments(const Shape& shape, const Values& z);

/// y = gamma (z - mean) / sqrt(variance + epsilon) + beta, a channel at a time.
struct Normalisation {
  Values gamma, beta;
  double epsilon = 1e-5;
};
Values normalise(const Shape& shape, const Values& z, const Normalisation& norm, const Moments& moments);
struct NormalisationGradient {
  Values z, gamma, beta;
};
/// Where the moments are the batch's own, so that they move with z.
NormalisationGradient normalise_back(const Shape& shape, const Values& z, const Normalisation& norm, const Values& dy);

/// max(r, 0), and of every 2x2 window the greatest where `pool`; a last odd row or column is passed over.
Values activate(const Shape& shape, const Values& r, bool pool);
/// To the first of the greatest, if it is above zero.
Values activate_back(const Shape& shape, const Values& r, bool pool, const Values& dy);
inline Shape activated(const Shape& shape, bool pool) {
  return pool ? Shape{shape.count, shape.channels, shape.height / 2, shape.width / 2} : shape;
}

}  // namespace kernels::conv_reference
