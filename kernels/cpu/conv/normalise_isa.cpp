#include "kernels/cpu/conv/normalise_table.h"
#include "kernels/cpu/lanes.h"

namespace kernels::AFFETTO_ISA {
namespace {

// MapSize's own, kept within this file (see vec.h on inline functions of other namespaces).
inline std::size_t pitch(const MapSize& size) { return (size.width + 2) * size.channels; }
inline std::size_t inside(const MapSize& size) { return pitch(size) + size.channels; }

/// Pixels summed in float before they are added in double: few enough to keep 20 bits of each, many enough to make the
/// conversion cheap.
constexpr std::size_t kPixelsAtOnce = 64;

std::size_t rows_at_once(const MapSize& size) {
  const std::size_t rows = kPixelsAtOnce / size.width;
  return rows > 0 ? rows : 1;
}

void add_to(double* to, Vec sums, Lanes lanes) {
  float values[kLanes];
  store(values, sums);
  for (int i = 0; i < lanes.count; ++i) to[i] += static_cast<double>(values[i]);
}

/// Adds two sums per channel over all pixels: body(place in the map, lanes, first channel, a, b) adds to a and b.
template <typename Body>
inline void sum_pixels(const MapSize& size, double* to_a, double* to_b, const Body& body) {
  const std::size_t rows = rows_at_once(size);
  each_vector(size.channels, [&](std::size_t c, Lanes lanes) {
    for (std::size_t first = 0; first < size.height; first += rows) {
      const std::size_t end = first + rows < size.height ? first + rows : size.height;
      Vec a = zero(), b = zero();
      for (std::size_t y = first; y < end; ++y) {
        std::size_t at = inside(size) + y * pitch(size) + c;
        for (std::size_t x = 0; x < size.width; ++x, at += size.channels) body(at, lanes, c, a, b);
      }
      add_to(to_a + c, a, lanes);
      add_to(to_b + c, b, lanes);
    }
  });
}

void map_sums(const MapSums& op) {
  sum_pixels(op.size, op.sum, op.square, [&](std::size_t at, Lanes lanes, std::size_t, Vec& a, Vec& b) {
    const Vec z = lanes.load(op.z + at);
    a = a + z;
    b = fma(z, z, b);
  });
}

/// The four pixels of a pooling window, from the place of its first.
struct Window {
  std::size_t at[4];
  Window(std::size_t first, const MapSize& size)
      : at{first, first + size.channels, first + pitch(size), first + pitch(size) + size.channels} {}
};

struct Rows {
  std::size_t first, end;
};

/// Calls body(place in the input, place in the output) for every pooling window of some rows.
template <typename Body>
inline void each_window(const MapSize& in, const MapSize& out, const Rows& rows, std::size_t channel,
                        const Body& body) {
  for (std::size_t y = rows.first; y < rows.end; ++y) {
    const std::size_t from = inside(in) + 2 * y * pitch(in) + channel;
    const std::size_t to = inside(out) + y * pitch(out) + channel;
    for (std::size_t x = 0; x < out.width; ++x) body(from + 2 * x * in.channels, to + x * out.channels);
  }
}

/// The same for every pixel where nothing is pooled: the maps are alike.
template <typename Body>
inline void each_pixel(const MapSize& size, const Rows& rows, std::size_t channel, const Body& body) {
  for (std::size_t y = rows.first; y < rows.end; ++y) {
    const std::size_t row = inside(size) + y * pitch(size) + channel;
    for (std::size_t x = 0; x < size.width; ++x) body(row + x * size.channels);
  }
}

void activation(const Activation& op) {
  const MapSize out{op.pool ? op.size.height / 2 : op.size.height, op.pool ? op.size.width / 2 : op.size.width,
                    op.size.channels};
  const Rows rows{op.first, op.first + op.rows};
  each_vector(op.size.channels, [&](std::size_t c, Lanes lanes) {
    const Vec scale = lanes.load(op.scale + c), shift = lanes.load(op.shift + c);
    const auto at = [&](std::size_t place) { return fma(lanes.load(op.z + place), scale, shift); };
    if (op.pool) {
      each_window(op.size, out, rows, c, [&](std::size_t from, std::size_t to) {
        const Window w(from, op.size);
        const Vec upper = max(at(w.at[0]), at(w.at[1])), lower = max(at(w.at[2]), at(w.at[3]));
        lanes.store(op.y + to, max(zero(), max(upper, lower)));
      });
    } else {
      each_pixel(op.size, rows, c, [&](std::size_t place) { lanes.store(op.y + place, max(zero(), at(place))); });
    }
  });
}

/// Pooling's gradient goes to the first of the greatest, if it is above zero.
void route_pooled(const ActivationGradient& op, const MapSize& out) {
  const Activation& f = op.forward;
  each_vector(f.size.channels, [&](std::size_t c, Lanes lanes) {
    const Vec scale = lanes.load(f.scale + c), shift = lanes.load(f.shift + c);
    each_window(f.size, out, {0, out.height}, c, [&](std::size_t from, std::size_t to) {
      const Window w(from, f.size);
      Vec r[4], dy = lanes.load(op.dy + to);
      for (int i = 0; i < 4; ++i) r[i] = fma(lanes.load(f.z + w.at[i]), scale, shift);
      const Vec top = max(max(r[0], r[1]), max(r[2], r[3]));
      dy = select(less(zero(), top), dy, zero());
      for (int i = 0; i < 4; ++i) {
        const Mask here = equal(r[i], top);
        lanes.store(op.dr + w.at[i], select(here, dy, zero()));
        dy = select(here, zero(), dy);
      }
    });
  });
}

void route(const ActivationGradient& op) {
  const Activation& f = op.forward;
  each_vector(f.size.channels, [&](std::size_t c, Lanes lanes) {
    const Vec scale = lanes.load(f.scale + c), shift = lanes.load(f.shift + c);
    each_pixel(f.size, {0, f.size.height}, c, [&](std::size_t place) {
      const Vec r = fma(lanes.load(f.z + place), scale, shift);
      lanes.store(op.dr + place, select(less(zero(), r), lanes.load(op.dy + place), zero()));
    });
  });
}

/// What no pooling window covers has no gradient.
void clear_odd_edge(const MapSize& size, float* dr) {
  for (std::size_t y = 0; y < size.height; ++y) {
    for (std::size_t x = 0; x < size.width; ++x) {
      if (y / 2 * 2 + 1 < size.height && x / 2 * 2 + 1 < size.width) continue;
      float* pixel = dr + inside(size) + y * pitch(size) + x * size.channels;
      for (std::size_t c = 0; c < size.channels; ++c) pixel[c] = 0;
    }
  }
}

void activation_gradient(const ActivationGradient& op) {
  const MapSize& size = op.forward.size;
  if (op.forward.pool) {
    if (size.height % 2 != 0 || size.width % 2 != 0) clear_odd_edge(size, op.dr);
    route_pooled(op, {size.height / 2, size.width / 2, size.channels});
  } else {
    route(op);
  }
  sum_pixels(size, op.sum, op.product, [&](std::size_t at, Lanes lanes, std::size_t c, Vec& a, Vec& b) {
    const Vec dr = lanes.load(op.dr + at);
    a = a + dr;
    b = fma(dr, lanes.load(op.forward.z + at) - lanes.load(op.mean + c), b);
  });
}

void normalisation_back(const NormalisationGradient& op) {
  each_vector(op.size.channels, [&](std::size_t c, Lanes lanes) {
    const Vec by_dr = lanes.load(op.by_dr + c), by_z = lanes.load(op.by_z + c);
    const Vec constant = lanes.load(op.constant + c);
    each_pixel(op.size, {0, op.size.height}, c, [&](std::size_t place) {
      const Vec rest = fma(lanes.load(op.z + place), by_z, constant);
      lanes.store(op.dz + place, fma(lanes.load(op.dz + place), by_dr, rest));
    });
  });
}

void mean_of(const MapSize& size, const float* y, float* mean) {
  const Vec share = broadcast(1.0f / static_cast<float>(size.height * size.width));
  each_vector(size.channels, [&](std::size_t c, Lanes lanes) {
    Vec sum = zero();
    each_pixel(size, {0, size.height}, c, [&](std::size_t place) { sum = sum + lanes.load(y + place); });
    lanes.store(mean + c, sum * share);
  });
}

void mean_back(const MapSize& size, const float* d_mean, float* dy) {
  const Vec share = broadcast(1.0f / static_cast<float>(size.height * size.width));
  each_vector(size.channels, [&](std::size_t c, Lanes lanes) {
    const Vec d = lanes.load(d_mean + c) * share;
    each_pixel(size, {0, size.height}, c, [&](std::size_t place) { lanes.store(dy + place, d); });
  });
}

}  // namespace

const NormaliseTable& normalise_table() {
  static constexpr NormaliseTable kTable = {map_sums,           activation, activation_gradient,
                                            normalisation_back, mean_of,    mean_back};
  return kTable;
}

}  // namespace kernels::AFFETTO_ISA
