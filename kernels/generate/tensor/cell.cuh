// From a tile's products to its next states: what the notes add, the gates' curves, c and h.
#pragma once

#include "kernels/generate/tensor/product.cuh"
#include "kernels/math/lstm.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// One instruction each, and as exact as a 16-bit h can show.
struct FastCurves {
  static __device__ float tanh(float x) { return dev::tanh_fast(x); }
  static __device__ float logistic(float x) { return 0.5f * dev::tanh_fast(0.5f * x) + 0.5f; }
};

/// What a column does in a step.
enum class ColumnPart {
  idle,   ///< its state is zero: it has not begun
  rest,   ///< its state stays as it is
  begin,  ///< its state before the step is zero, whatever h and c hold
  go_on,
};

/// Bias and note in the four gates of a unit.
template <class Block>
__device__ float4 outer_gates(const Block& b, const Played& note, int unit) {
  float4 sum = b.row(0, unit);
  const int hidden = b.network.layers[0].hidden;
  int number = 1;
  for (int i = 0; i < b.network.input_count; ++i) {
    const InputView& input = b.network.inputs[i];
    const float value = field_of(note, input.field);
    if (!input.table) {
      const float4 row = b.row(number++, unit);
      const float x = input.scale * value;
      sum = make_float4(sum.x + x * row.x, sum.y + x * row.y, sum.z + x * row.z, sum.w + x * row.w);
    } else if (unit < hidden) {
      const int entry = max(0, min(static_cast<int>(value), input.classes - 1));
      const float* row = input.rows + std::int64_t{entry} * 4 * hidden + unit;
      sum = make_float4(sum.x + row[0], sum.y + row[hidden], sum.z + row[2 * hidden], sum.w + row[3 * hidden]);
    }
  }
  return sum;
}

/// The next h and c of this thread's unit in its two columns of a tile.
/// @param part_of  column -> ColumnPart
/// @param note_of  column -> the note that it reads; asked for begin and go_on only
template <class Block, class PartOf, class NoteOf>
__device__ void update_tile(const Block& b, int tile, const GateSums& sums, const PartOf& part_of,
                            const NoteOf& note_of) {
  using Element = typename Block::Element;
  const int unit = b.unit();
  float* c = &b.c(tile).x;
  AFFETTO_UNROLLED
  for (int e = 0; e < 2; ++e) {
    const int column = b.column(tile) + e, at = column * Block::kStride + unit;
    const ColumnPart part = part_of(column);
    Element h = from_float<Element>(0);
    if (part == ColumnPart::rest) {
      h = b.h(b.turn)[at];
    } else if (part != ColumnPart::idle) {
      const float4 outer = outer_gates(b, note_of(column), unit);
      const bool begins = part == ColumnPart::begin;
      const auto gate = [&](int matrix, int row, float add) {
        const float sum = e == 0 ? sums[matrix][2 * row] : sums[matrix][2 * row + 1];
        return (begins ? 0 : sum) + add;
      };
      const CellState state = lstm_cell_by<FastCurves>(gate(0, 0, outer.x), gate(0, 1, outer.y), gate(1, 0, outer.z),
                                                       gate(1, 1, outer.w), begins ? 0 : c[e]);
      c[e] = state.c;
      h = from_float<Element>(state.h);
    }
    b.h(1 - b.turn)[at] = h;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
