#include "kernels/conv/reference.h"

#include <algorithm>
#include <cmath>

namespace kernels::conv_reference {
namespace {

constexpr std::size_t kTaps = 3;

/// Calls body(place in the output, place in x, place in the weights) for every product of a convolution.
template <class Body>
void each_product(const Shape& in, std::size_t out, const Body& body) {
  const Shape to{in.count, out, in.height, in.width};
  for (std::size_t n = 0; n < in.count; ++n) {
    for (std::size_t o = 0; o < out; ++o) {
      for (std::size_t c = 0; c < in.channels; ++c) {
        for (std::size_t tap = 0; tap < kTaps * kTaps; ++tap) {
          for (std::size_t y = 0; y < in.height; ++y) {
            const std::size_t from_y = y + tap / kTaps;  // of the map with its border
            if (from_y < 1 || from_y > in.height) continue;
            for (std::size_t x = 0; x < in.width; ++x) {
              const std::size_t from_x = x + tap % kTaps;
              if (from_x < 1 || from_x > in.width) continue;
              body(to.at(n, o, y, x), in.at(n, c, from_y - 1, from_x - 1), (o * in.channels + c) * kTaps * kTaps + tap);
            }
          }
        }
      }
    }
  }
}

/// Calls body(channel, place) for every element.
template <class Body>
void each_element(const Shape& shape, const Body& body) {
  for (std::size_t n = 0; n < shape.count; ++n) {
    for (std::size_t c = 0; c < shape.channels; ++c) {
      for (std::size_t i = 0; i < shape.height * shape.width; ++i) body(c, shape.at(n, c, 0, 0) + i);
    }
  }
}

/// Calls body(place in the output, the input places it is the greatest of).
template <class Body>
void each_window(const Shape& shape, bool pool, const Body& body) {
  const Shape to = activated(shape, pool);
  const std::size_t side = pool ? 2 : 1;
  for (std::size_t n = 0; n < to.count; ++n) {
    for (std::size_t c = 0; c < to.channels; ++c) {
      for (std::size_t y = 0; y < to.height; ++y) {
        for (std::size_t x = 0; x < to.width; ++x) {
          std::vector<std::size_t> from;
          for (std::size_t i = 0; i < side * side; ++i)
            from.push_back(shape.at(n, c, y * side + i / side, x * side + i % side));
          body(to.at(n, c, y, x), from);
        }
      }
    }
  }
}

double inverse_deviation(const Moments& moments, std::size_t c, double epsilon) {
  return 1 / std::sqrt(moments.variance[c] + epsilon);
}

}  // namespace

Values convolve(const Shape& shape, const Values& x, std::size_t out, const Values& weights) {
  Values y(Shape{shape.count, out, shape.height, shape.width}.size(), 0.0);
  each_product(shape, out, [&](std::size_t to, std::size_t from, std::size_t w) { y[to] += x[from] * weights[w]; });
  return y;
}

ConvolutionGradient convolve_back(const Shape& shape, const Values& x, std::size_t out, const Values& weights,
                                  const Values& d_out) {
  ConvolutionGradient d{Values(x.size(), 0.0), Values(weights.size(), 0.0)};
  each_product(shape, out, [&](std::size_t to, std::size_t from, std::size_t w) {
    d.x[from] += d_out[to] * weights[w];
    d.weights[w] += d_out[to] * x[from];
  });
  return d;
}

Moments moments(const Shape& shape, const Values& z) {
  const auto count = static_cast<double>(shape.count * shape.height * shape.width);
  Moments m{Values(shape.channels, 0.0), Values(shape.channels, 0.0)};
  each_element(shape, [&](std::size_t c, std::size_t at) { m.mean[c] += z[at] / count; });
  each_element(shape, [&](std::size_t c, std::size_t at) { m.variance[c] += std::pow(z[at] - m.mean[c], 2) / count; });
  return m;
}

Values normalise(const Shape& shape, const Values& z, const Normalisation& norm, const Moments& m) {
  Values y(z.size());
  each_element(shape, [&](std::size_t c, std::size_t at) {
    y[at] = norm.gamma[c] * (z[at] - m.mean[c]) * inverse_deviation(m, c, norm.epsilon) + norm.beta[c];
  });
  return y;
}

NormalisationGradient normalise_back(const Shape& shape, const Values& z, const Normalisation& norm, const Values& dy) {
  const Moments m = moments(shape, z);
  const auto count = static_cast<double>(shape.count * shape.height * shape.width);
  NormalisationGradient d{Values(z.size()), Values(shape.channels, 0.0), Values(shape.channels, 0.0)};
  const auto scaled = [&](std::size_t c, std::size_t at) {
    return (z[at] - m.mean[c]) * inverse_deviation(m, c, norm.epsilon);
  };
  each_element(shape, [&](std::size_t c, std::size_t at) {
    d.beta[c] += dy[at];
    d.gamma[c] += dy[at] * scaled(c, at);
  });
  each_element(shape, [&](std::size_t c, std::size_t at) {
    d.z[at] = norm.gamma[c] * inverse_deviation(m, c, norm.epsilon) *
              (dy[at] - d.beta[c] / count - scaled(c, at) * d.gamma[c] / count);
  });
  return d;
}

Values activate(const Shape& shape, const Values& r, bool pool) {
  Values y(activated(shape, pool).size());
  each_window(shape, pool, [&](std::size_t to, const std::vector<std::size_t>& from) {
    double top = 0;
    for (const std::size_t at : from) top = std::max(top, r[at]);
    y[to] = top;
  });
  return y;
}

Values activate_back(const Shape& shape, const Values& r, bool pool, const Values& dy) {
  Values dr(r.size(), 0.0);
  each_window(shape, pool, [&](std::size_t to, const std::vector<std::size_t>& from) {
    const auto first = *std::max_element(from.begin(), from.end(), [&](auto a, auto b) { return r[a] < r[b]; });
    if (r[first] > 0) dr[first] = dy[to];
  });
  return dr;
}

}  // namespace kernels::conv_reference
