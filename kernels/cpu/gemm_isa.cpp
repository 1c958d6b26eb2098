// Register tiles of the matrix product. kRows x kVecs vectors of C stay in registers while k runs: with two vectors a
// row each multiply-add needs one load in five (AVX-512: 8 or 12 rows x 32 columns of the 32 registers).
#include "kernels/cpu/gemm_table.h"
#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {
namespace {

constexpr int kVectors = 2;
constexpr int kPanel = kVectors * kLanes;
// Rows as they lie take a pointer register each, so eight; strips take one, so as many as the vector registers allow.
constexpr int kRowTile = kLanes == 16 ? 8 : 6;
constexpr int kStripTile = kLanes == 16 ? 12 : 6;

template <int kVecs>
inline Vec read(const float* p, int v, int last) {
  return v + 1 < kVecs ? load(p + v * kLanes) : load_first(p + v * kLanes, last);
}

template <int kRows, int kVecs, bool kFull>
inline void start_tile(const GemmBlock& op, const float* c, const float* bias, int last, Vec (&sum)[kRows][kVecs]) {
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) {
      if (op.start == Start::zero) {
        sum[r][v] = zero();
      } else {
        const float* from = op.start == Start::bias ? bias : c + static_cast<std::size_t>(r) * op.ldc;
        sum[r][v] = kFull ? load(from + v * kLanes) : read<kVecs>(from, v, last);
      }
    }
  }
}

/// One tile; kStep is the distance of a row's next value, 1 for rows as they lie, the strip's width for strips.
template <int kRows, int kVecs, bool kStrip, bool kFull>
void tile(const GemmBlock& op, const float* a, float* c, const float* bias, int last) {
  Vec sum[kRows][kVecs];
  start_tile<kRows, kVecs, kFull>(op, c, bias, last, sum);
  const float* row[kRows];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) row[r] = a + static_cast<std::size_t>(r) * (kStrip ? 1 : op.lda);
  const float* b = op.b;
  for (std::size_t k = 0; k < op.depth; ++k) {
    Vec bv[kVecs];
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) bv[v] = load(b + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec av = broadcast(kStrip ? a[r] : row[r][k]);
#pragma GCC unroll 2
      for (int v = 0; v < kVecs; ++v) sum[r][v] = fma(av, bv[v], sum[r][v]);
    }
    b += kPanel;
    if (kStrip) a += kStripTile;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    float* out = c + static_cast<std::size_t>(r) * op.ldc;
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) {
      if (kFull || v + 1 < kVecs) {
        store(out + v * kLanes, sum[r][v]);
      } else {
        store_first(out + v * kLanes, sum[r][v], last);
      }
    }
  }
}

using Tile = void (*)(const GemmBlock&, const float*, float*, const float*, int);

template <int kVecs, bool kStrip, bool kFull>
Tile tile_of(int rows) {
  static constexpr Tile kTiles[] = {
    tile<1, kVecs, kStrip, kFull>,
    tile<2, kVecs, kStrip, kFull>,
    tile<3, kVecs, kStrip, kFull>,
    tile<4, kVecs, kStrip, kFull>,
    tile<5, kVecs, kStrip, kFull>,
    tile<6, kVecs, kStrip, kFull>,
#if defined(__AVX512F__)
    tile<7, kVecs, kStrip, kFull>,
    tile<8, kVecs, kStrip, kFull>,
    tile<9, kVecs, kStrip, kFull>,
    tile<10, kVecs, kStrip, kFull>,
    tile<11, kVecs, kStrip, kFull>,
    tile<12, kVecs, kStrip, kFull>,
#endif
  };
  return kTiles[rows - 1];
}

template <bool kStrip>
Tile tile_for(int rows, int columns) {
  if (columns == kPanel) return tile_of<2, kStrip, true>(rows);
  return columns > kLanes ? tile_of<2, kStrip, false>(rows) : tile_of<1, kStrip, false>(rows);
}

template <bool kStrip>
void block(const GemmBlock& op) {
  constexpr std::size_t kTile = kStrip ? kStripTile : kRowTile;
  const int columns = static_cast<int>(op.columns);
  const int last = columns > kLanes ? columns - kLanes : columns;
  for (std::size_t m = 0; m < op.rows; m += kTile) {
    const std::size_t rows = op.rows - m < kTile ? op.rows - m : kTile;
    const float* a = kStrip ? op.a + m * op.depth : op.a + m * op.lda;
    tile_for<kStrip>(static_cast<int>(rows), columns)(op, a, op.c + m * op.ldc, op.bias, last);
  }
}

/// Copies `count` floats, a vector at a time.
inline void copy_floats(const float* from, std::size_t count, float* to) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  if (i < count) store_first(to + i, load_first(from + i, static_cast<int>(count - i)), static_cast<int>(count - i));
}

void pack_strip(const MatrixView& a, std::size_t rows, std::size_t depth, float* strip) {
  if (a.transposed && rows == kStripTile) {
    for (std::size_t k = 0; k < depth; ++k) copy_floats(a.data + k * a.ld, kStripTile, strip + k * kStripTile);
  } else if (a.transposed) {
    for (std::size_t k = 0; k < depth; ++k) copy_floats(a.data + k * a.ld, rows, strip + k * kStripTile);
  }
  for (std::size_t r = 0; !a.transposed && r < rows; ++r) {
    const float* from = a.data + r * a.ld;
    for (std::size_t k = 0; k < depth; ++k) strip[k * kStripTile + r] = from[k];
  }
}

void pack_panel(const MatrixView& b, std::size_t columns, std::size_t depth, float* panel) {
  if (!b.transposed && columns == kPanel) {
    for (std::size_t k = 0; k < depth; ++k) {
      for (int v = 0; v < kVectors; ++v) store(panel + k * kPanel + v * kLanes, load(b.data + k * b.ld + v * kLanes));
    }
    return;
  }
  for (std::size_t k = 0; !b.transposed && k < depth; ++k) copy_floats(b.data + k * b.ld, columns, panel + k * kPanel);
  for (std::size_t c = 0; b.transposed && c < columns; ++c) {
    const float* from = b.data + c * b.ld;
    for (std::size_t k = 0; k < depth; ++k) panel[k * kPanel + c] = from[k];
  }
}

}  // namespace

const GemmTable& gemm_table() {
  static constexpr GemmTable kTable = {kPanel, kStripTile, block<false>, block<true>, pack_strip, pack_panel};
  return kTable;
}

}  // namespace kernels::AFFETTO_ISA
