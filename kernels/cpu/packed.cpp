#include "kernels/cpu/packed.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace kernels {
namespace {

constexpr std::size_t kLine = 64, kLargePage = std::size_t{2} << 20;
constexpr int kGates = 4;

}  // namespace

AlignedBytes::AlignedBytes(std::size_t size) {
  if (size > std::numeric_limits<std::size_t>::max() - kLargePage) throw std::bad_alloc();
  const std::size_t boundary = size >= kLargePage ? kLargePage : kLine;
  const std::size_t whole = (size + boundary) / boundary * boundary;
  data_.reset(std::aligned_alloc(boundary, whole));
  if (!data_) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (boundary == kLargePage) (void)madvise(data_.get(), whole, MADV_HUGEPAGE);  // a wish: refused is fine
#endif
  std::memset(data_.get(), 0, whole);
}

void AlignedBytes::Free::operator()(void* p) const noexcept { std::free(p); }

bool PackedWeights::halve() {
  constexpr float kLargest = 65504;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (!(std::abs(floats.data()[i]) <= kLargest)) return false;
  }
  halves = AlignedArray<Half>(floats.size());
  for (std::size_t i = 0; i < floats.size(); ++i) halves.data()[i] = to_half(floats.data()[i]);
  floats = {};
  return true;
}

void pack_gates(const float* gates, std::size_t stride, int hidden, int lanes, float* out) {
  for (int gate = 0; gate < kGates; ++gate) {
    for (int unit = 0; unit < hidden; ++unit) {
      const int place = (unit / lanes * kGates + gate) * lanes + unit % lanes;
      out[place] = gates[(static_cast<std::size_t>(gate) * hidden + unit) * stride];
    }
  }
}

PackedLstm pack_lstm(const LstmTensors& layer, int lanes) {
  PackedLstm packed;
  packed.below = layer.below;
  packed.hidden = layer.hidden;
  packed.groups = padded(layer.hidden, lanes) / lanes;
  const std::size_t rows = static_cast<std::size_t>(layer.below) + layer.hidden, row = std::size_t{kGates} * lanes;
  packed.weights.floats = AlignedFloats(packed.groups * rows * row);
  packed.bias = AlignedFloats(packed.groups * row);
  for (int unit = 0; unit < layer.hidden; ++unit) {
    for (int gate = 0; gate < kGates; ++gate) {
      const std::size_t from = static_cast<std::size_t>(gate) * layer.hidden + unit;
      const std::size_t lane = static_cast<std::size_t>(gate) * lanes + unit % lanes;
      float* group = packed.weights.floats.data() + unit / lanes * rows * row + lane;
      for (int k = 0; k < layer.below; ++k) group[k * row] = layer.w_ih[from * layer.below + k];
      group += layer.below * row;
      for (int k = 0; k < layer.hidden; ++k) group[k * row] = layer.w_hh[from * layer.hidden + k];
      packed.bias.data()[unit / lanes * row + lane] = layer.b_ih[from] + layer.b_hh[from];
    }
  }
  return packed;
}

PackedDense empty_dense(int size, int terms, int lanes) {
  PackedDense dense;
  dense.terms = terms;
  dense.size = size;
  dense.groups = padded(size, lanes) / lanes;
  dense.weights.floats = AlignedFloats(static_cast<std::size_t>(dense.groups) * terms * lanes);
  dense.bias = AlignedFloats(static_cast<std::size_t>(dense.groups) * lanes);
  return dense;
}

void pack_dense_rows(PackedDense& dense, int first, int rows, const float* weight, const float* bias, int lanes) {
  for (int r = 0; r < rows; ++r) {
    const int out = first + r;
    float* group =
        dense.weights.floats.data() + static_cast<std::size_t>(out / lanes) * dense.terms * lanes + out % lanes;
    for (int k = 0; k < dense.terms; ++k) {
      group[static_cast<std::size_t>(k) * lanes] = weight[static_cast<std::size_t>(r) * dense.terms + k];
    }
    dense.bias.data()[out] = bias[r];
  }
}

}  // namespace kernels
