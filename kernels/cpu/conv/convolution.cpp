#include "kernels/cpu/conv/convolution.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/cpu/gemm_table.h"

namespace kernels {
namespace {

std::size_t panels_of(std::size_t columns, std::size_t panel) { return (columns + panel - 1) / panel; }

void grow(AlignedFloats& room, std::size_t count) {
  if (room.size() < count) room.resize(count);
}

/// Terms of one product over the flat pixels of a map: of the window's row `tap`, input against output gradient.
struct Pixels {
  std::size_t first, count;
};

/// Input [3 in, pixels] of a window's row, in strips of the kernels' height, blocks of rows as they come.
void add_row_gradient(const WindowGradient& op, const GemmTable& table, std::size_t tap, const Pixels& pixels,
                      ConvolutionScratch& scratch) {
  const std::size_t in = op.size.channels, out = op.out_channels, terms = kTaps * in;
  const float* from = op.in + tap * op.size.pitch() + pixels.first * in;
  float* to = op.d_weights + tap * terms * out;
  for (std::size_t m = 0; m < terms; m += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, terms - m);
    for (std::size_t r = 0; r < rows; r += table.strip) {
      table.pack_strip({from + m + r, in, true}, std::min(table.strip, rows - r), pixels.count,
                       scratch.strips.data() + r * pixels.count);
    }
    for (std::size_t n = 0; n < out; n += table.panel) {
      table.strips_block({rows, std::min(table.panel, out - n), pixels.count, scratch.strips.data(), 0,
                          scratch.panels.data() + n * pixels.count, to + m * out + n, out, Start::keep, nullptr});
    }
  }
}

}  // namespace

PackedWindow::PackedWindow(std::size_t in, std::size_t out, Direction direction)
    : in_(in), out_(out), direction_(direction) {
  for (PackedMatrix& row : rows_) row = PackedMatrix(kTaps * reads(), writes());
}

void PackedWindow::fill(std::span<const float> weights) {
  if (weights.size() != kTaps * kTaps * in_ * out_) throw std::invalid_argument("PackedWindow: weights' size");
  const std::size_t tap_size = in_ * out_;
  for (std::size_t y = 0; y < kTaps; ++y) {
    for (std::size_t x = 0; x < kTaps; ++x) {
      if (direction_ == Direction::forward) {
        rows_[y].fill(x * in_, 0, in_, out_, {weights.data() + (y * kTaps + x) * tap_size, out_, false});
      } else {
        const std::size_t turned = (kTaps - 1 - y) * kTaps + kTaps - 1 - x;
        rows_[y].fill(x * out_, 0, out_, in_, {weights.data() + turned * tap_size, out_, true});
      }
    }
  }
}

void convolve(const Convolution& op) {
  const PackedWindow& w = *op.weights;
  const MapSize& size = op.size;
  const MapSize to{size.height, size.width, w.writes()};
  const GemmTable& table = w.row(0).table();
  const std::size_t terms = kTaps * size.channels;
  // A panel of the weights stays near while all rows go by; a row's outputs stay in the first-level cache.
  for (std::size_t n = 0; n < to.channels; n += table.panel) {
    const std::size_t columns = std::min(table.panel, to.channels - n);
    for (std::size_t y = op.first; y < op.first + op.rows; ++y) {
      float* out = op.out + to.inside() + y * to.pitch() + n;
      for (std::size_t tap = 0; tap < kTaps; ++tap) {
        for (std::size_t k = 0; k < terms; k += kDepth) {
          const Start start = tap == 0 && k == 0 ? Start::zero : Start::keep;
          table.rows_block({size.width, columns, std::min(kDepth, terms - k), op.in + (y + tap) * size.pitch() + k,
                            size.channels, w.row(tap).panel(k / kDepth, n / table.panel), out, to.channels, start,
                            nullptr});
        }
      }
    }
  }
}

void add_window_gradient(const WindowGradient& op, ConvolutionScratch& scratch) {
  const GemmTable& table = gemm_table(active_isa());
  const std::size_t out = op.out_channels, count = op.size.height * (op.size.width + 2);
  const float* d_out = op.d_out + MapSize{op.size.height, op.size.width, out}.inside();
  grow(scratch.strips, (kBlockRows + table.strip) * kDepth);
  grow(scratch.panels, panels_of(out, table.panel) * table.panel * kDepth);
  // Over all pixels row by row with the borders between rows, whose gradient is zero.
  for (std::size_t first = 0; first < count; first += kDepth) {
    const Pixels pixels{first, std::min(kDepth, count - first)};
    for (std::size_t n = 0; n < out; n += table.panel) {
      table.pack_panel({d_out + first * out + n, out, false}, std::min(table.panel, out - n), pixels.count,
                       scratch.panels.data() + n * pixels.count);
    }
    for (std::size_t tap = 0; tap < kTaps; ++tap) add_row_gradient(op, table, tap, pixels, scratch);
  }
}

}  // namespace kernels
