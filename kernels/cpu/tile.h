// Tiles of columns by weight registers, shared by the LSTM and dense steps. Include from sources compiled per level
// only.
#pragma once

#include <cstddef>

#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {

/// A number that a template can take, without std::integral_constant (see vec.h on functions left out of line).
template <int N>
struct Count {
  constexpr operator int() const { return N; }
};

// Registers: 6 columns x 4 sums + 4 weights + 1 broadcast = 29 of 32 on AVX-512; 3 x 4 + 3 broadcasts + 1 weight = 16
// of 16 on AVX2; the portable level keeps one for the product.
inline constexpr int kTileColumns = kLanes == 16 ? 6 : kLanes == 8 ? 3 : 2;

inline constexpr int kBytesPerLine = 64;
inline void fetch(const void* p) { __builtin_prefetch(p); }

/// Rows of weights to ask for ahead of their use. A tile of many columns spends long on a row and gains from 12; with
/// few columns the weights stream by and the processor's own prefetching does nearly as well (measured: 0, 2, 4, 12,
/// 24, 64, 128 rows on a 2.7 GHz server core of 2023 with AVX-512).
constexpr int rows_ahead(int cols) { return cols * 2 < kTileColumns ? 2 : 12; }

/// sums[c][.] += weights[k] * in[c][k], k rising: one chain of operations per sum, whatever the tile.
/// @param weights  [Groups] with `stride` weights from one to the next, each [terms, Width, lanes]
/// @param later  address that a cache line is asked for, per row and into the second cache, and that moves on with
/// each;
///               any address will do, nothing is read
template <int Cols, int Groups, int Width, typename Weight>
inline void add_products(Vec (&sums)[Cols][Groups * Width], const Weight* weights, std::size_t stride,
                         const float* const (&in)[Cols], int terms, const Weight*& later) {
  constexpr int kVectors = Groups * Width;
  constexpr int kWeightsPerLine = kBytesPerLine / static_cast<int>(sizeof(Weight));
  constexpr int kVectorsPerLine = kWeightsPerLine / kLanes;
  constexpr int kFetchEvery = kVectorsPerLine < Width ? kVectorsPerLine : Width;
  for (int k = 0; k < terms; ++k) {
    const Weight* row = weights + static_cast<std::size_t>(k) * (Width * kLanes);
    for (int v = 0; v < kVectors; v += kFetchEvery) {
      fetch(row + (v / Width) * stride + (rows_ahead(Cols) * Width + v % Width) * kLanes);
    }
    if constexpr (Cols * 2 >= kTileColumns) {
      __builtin_prefetch(later, 0, 2);
      later += kWeightsPerLine;
    }
    if constexpr (Cols >= kVectors) {
      Vec w[kVectors];
      for (int v = 0; v < kVectors; ++v) w[v] = load(row + (v / Width) * stride + (v % Width) * kLanes);
      for (int c = 0; c < Cols; ++c) {
        const Vec value = broadcast(in[c][k]);
        for (int v = 0; v < kVectors; ++v) sums[c][v] = fma(w[v], value, sums[c][v]);
      }
    } else {
      Vec value[Cols];
      for (int c = 0; c < Cols; ++c) value[c] = broadcast(in[c][k]);
      for (int v = 0; v < kVectors; ++v) {
        const Vec w = load(row + (v / Width) * stride + (v % Width) * kLanes);
        for (int c = 0; c < Cols; ++c) sums[c][v] = fma(w, value[c], sums[c][v]);
      }
    }
  }
}

/// Groups that a tile of `cols` columns takes at once, so that enough sums are under way to hide the latency of fma. At
/// most four wide ones: they are read a power of two apart, and six streams of weights evict one another (measured: one
/// column, 8 groups of 512 rows, 2.4 times slower as 6 + 2 than as 4 + 4).
template <int Width>
constexpr int groups_at_once(int cols) {
  const int wanted = kTileColumns * 4 / (cols * Width);
  constexpr int kMost = Width == 1 ? 8 : 4;
  return wanted < 1 ? 1 : wanted > kMost ? kMost : wanted;
}

template <int Cols, int Groups, class Tile>
inline void run_tile(int groups, int group, int column, int ordinal, const Tile& tile) {
  if (groups == Groups) {
    tile(Count<Cols>{}, Count<Groups>{}, group, column, ordinal);
  } else if constexpr (Groups > 1) {
    run_tile<Cols, Groups - 1>(groups, group, column, ordinal, tile);
  }
}

template <int Width, int Cols, class Tile>
inline void run_columns(int cols, int group, int last, int column, int ordinal, const Tile& tile) {
  if (cols == Cols) {
    constexpr int kMost = groups_at_once<Width>(Cols);
    const int passes = (last - group + kMost - 1) / kMost;
    for (int left = passes; left > 0; --left) {  // dealt out evenly: a lone group could not hide the latency
      const int groups = (last - group + left - 1) / left;
      run_tile<Cols, kMost>(groups, group, column, ordinal, tile);
      group += groups;
    }
  } else if constexpr (Cols > 1) {
    run_columns<Width, Cols - 1>(cols, group, last, column, ordinal, tile);
  }
}

/// Calls tile(Count<columns>, Count<groups>, group, column, pass) for tiles that cover the range, columns dealt out
/// evenly; `pass` counts the tiles of one block of groups.
/// A few groups pass over all columns before the next ones do, so that their weights stay in the nearest cache.
template <int Width, class Tile>
inline void for_each_tile(int first_group, int last_group, int count, const Tile& tile) {
  if (count <= 0) return;
  const int tiles = (count + kTileColumns - 1) / kTileColumns;
  const int most = tiles == 1 ? last_group - first_group : groups_at_once<Width>(kTileColumns);
  for (int group = first_group, end; group < last_group; group = end) {
    const int blocks = (last_group - group + most - 1) / most;
    end = group + (last_group - group + blocks - 1) / blocks;
    for (int t = 0; t < tiles; ++t) {
      const int column = static_cast<int>(static_cast<long>(count) * t / tiles);
      const int next = static_cast<int>(static_cast<long>(count) * (t + 1) / tiles);
      run_columns<Width, kTileColumns>(next - column, group, end, column, t, tile);
    }
  }
}

}  // namespace kernels::AFFETTO_ISA
