// A block of the spread kernel: what lies in its shared memory, and how it gets there. See plan.h.
#pragma once

#include "kernels/generate/tensor/cell.cuh"
#include "kernels/generate/tensor/spread/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr int kSpreadThreads = 32 * kSpreadWarps;

/// @param Element_  Half or Bfloat16
/// @param Op_       SpreadOp, or that of another kernel whose plan is one of these with more
template <class Element_, class Op_ = SpreadOp>
struct SpreadBlock {
  using Element = Element_;

  const Op_& op;
  const decltype(Op_::plan)& plan;
  const NetworkView& network;
  const PiecesView& pieces;
  unsigned char* bytes;  ///< all shared memory
  int thread, warp, lane, block;
  int rank;   ///< in the cluster
  int first;  ///< slot of the first piece

  __device__ explicit SpreadBlock(const Op_& op_)
      : op(op_),
        plan(op_.plan),
        network(op_.choose.network),
        pieces(op_.choose.pieces),
        bytes(dev::smem<TensorBytes>().first),
        thread(static_cast<int>(threadIdx.x)),
        warp(thread / 32),
        lane(thread % 32),
        block(static_cast<int>(blockIdx.x) % op_.plan.blocks),
        rank(op_.plan.cluster == 1 ? 0 : static_cast<int>(dev::cluster_rank())),
        first(op_.first) {}

  template <class T>
  __device__ T* at(int place) const {
    return reinterpret_cast<T*>(bytes + place);
  }
  __device__ Element* h(int column) const { return at<Element>(plan.h) + column * plan.stride; }
  /// Row 0 is the bias, the others belong to the scaled inputs, in their order; the four gates of a unit.
  __device__ float4& row(int layer, int number, int unit) const {
    return at<float4>(plan.rows[layer])[number * plan.matrix[hh_matrix(layer)].mine * kUnitsOfQuad + unit];
  }
  // Of this lane, for number `i` of the layer's tiles times tiles of columns.
  __device__ float4& before(int layer, int i) const { return at<float4>(plan.before[layer])[i * 32 + lane]; }
  __device__ float& c(int layer, int i) const { return at<float>(plan.c[layer])[i * 32 + lane]; }
  __device__ Element& own(int layer, int i) const { return at<Element>(plan.own[layer])[i * 32 + lane]; }
  __device__ HeadOutput* output() const { return at<HeadOutput>(plan.output); }
  __device__ HeardNote* heard() const { return at<HeardNote>(plan.heard); }
  __device__ Progress* progress() const { return at<Progress>(plan.progress); }
  __device__ Played* past(int piece) const { return at<Played>(plan.past) + piece * network.window; }

  __device__ int slot(int piece) const { return first + piece; }
  __device__ bool holds(int piece) const { return piece < plan.pieces && slot(piece) < pieces.rows; }
  /// Number of the first tile that this block owns of a matrix, and how many follow.
  __device__ int first_tile(const SpreadMatrix& matrix) const { return block * matrix.mine; }
  __device__ int tiles_here(const SpreadMatrix& matrix) const {
    return max(0, min(matrix.mine, matrix.tiles - first_tile(matrix)));
  }

  // The lanes of the warp that adds a product up.
  /// The unit among the block's, from tile `row` of the layer.
  __device__ int unit_here(int row) const { return row * kUnitsOfQuad + lane / 4 % 4; }
  __device__ int unit_of(int layer, int row) const {
    return first_tile(plan.matrix[hh_matrix(layer)]) * kUnitsOfQuad + unit_here(row);
  }
  __device__ int column_of(int tile) const { return tile * kTileColumns + lane % 4 * 2 + lane / 16; }
  __device__ int piece_of(int column) const { return plan.states == 1 ? column : column / plan.states; }
};

/// Calls visit(number, row tile, tile of columns) for what this warp adds up of a layer.
template <class Block, class Visit>
__device__ __forceinline__ void each_mine(const Block& b, int layer, const Visit& visit) {
  const int rows = b.tiles_here(b.plan.matrix[hh_matrix(layer)]);
  AFFETTO_ROLLED
  for (int i = b.warp; i < rows * b.plan.tiles; i += kSpreadWarps) visit(i, i / b.plan.tiles, i % b.plan.tiles);
}

/// Bias, factors of the inputs and what the heads' outputs are. A barrier must follow.
template <class Block>
__device__ void load_rows(const Block& b) {
  for (int l = 0; l < b.network.layer_count; ++l) {
    const LayerView& layer = b.network.layers[l];
    const SpreadMatrix& matrix = b.plan.matrix[hh_matrix(l)];
    const int first = b.first_tile(matrix) * kUnitsOfQuad;
    const auto load_row = [&](int number, const float* from) {
      for (int i = b.thread; i < matrix.mine * kUnitsOfQuad; i += kSpreadThreads) {
        const auto gate = [&](int g) { return first + i < layer.hidden ? from[g * layer.hidden + first + i] : 0; };
        b.row(l, number, i) = make_float4(gate(0), gate(1), gate(2), gate(3));
      }
    };
    load_row(0, layer.bias);
    int number = 1;
    for (int i = 0; l == 0 && i < b.network.input_count; ++i) {
      if (!b.network.inputs[i].table) load_row(number++, b.network.inputs[i].rows);
    }
  }
  const SpreadMatrix& heads = b.plan.matrix[kHeadsMatrix];
  for (int i = b.thread; i < heads.mine * kHeadRows; i += kSpreadThreads) {
    b.output()[i] = head_output(b.network, b.first_tile(heads) * kHeadRows + i);
  }
}

/// Progress of the pieces, and in window mode their past. A barrier must follow.
template <class Block>
__device__ void load_pieces_of(const Block& b) {
  for (int piece = b.thread; piece < b.plan.pieces; piece += kSpreadThreads) {
    const Progress progress = b.holds(piece) ? b.pieces.progress[b.slot(piece)] : Progress{};
    b.progress()[piece] = progress;
    b.heard()[piece] = {.taken = progress.left > 0 ? 1 : 0};
  }
  if (b.network.carry) return;
  const int window = b.network.window;
  for (int i = b.thread; i < b.plan.columns(); i += kSpreadThreads) {
    const int piece = i / window, place = i % window;
    if (b.holds(piece) && place < b.pieces.progress[b.slot(piece)].consumed) {
      b.past(piece)[place] = b.pieces.window[std::int64_t{b.slot(piece)} * window + place];
    }
  }
}

/// State `from` [slots, H] of a piece before its first step in this launch; zero where it has none.
template <class Block>
__device__ float stored(const Block& b, const float* from, int layer, int piece, int unit) {
  const int hidden = b.network.layers[layer].hidden;
  if (!b.network.carry || !b.holds(piece) || unit >= hidden) return 0;
  if (b.pieces.progress[b.slot(piece)].consumed <= 0) return 0;
  return from[std::int64_t{b.slot(piece)} * hidden + unit];
}

/// c and h of this block's units; nothing of W_hh h yet.
template <class Block>
__device__ void load_own(const Block& b) {
  for (int l = 0; l < b.network.layer_count; ++l) {
    each_mine(b, l, [&](int i, int row, int tile) {
      const int piece = b.column_of(tile), unit = b.unit_of(l, row);  // in window mode all is zero
      b.c(l, i) = stored(b, b.pieces.c[l], l, piece, unit);
      b.own(l, i) = from_float<typename Block::Element>(stored(b, b.pieces.h[l], l, piece, unit));
      b.before(l, i) = make_float4(0, 0, 0, 0);
    });
  }
}

/// All of a layer's h, as products read it. A barrier must follow.
/// @param h_of  column -> its first element
template <class Block, class HiddenOf>
__device__ void load_hidden(const Block& b, int layer, const HiddenOf& h_of) {
  const int terms = b.plan.matrix[hh_matrix(layer)].pairs * kPairTerms;
  for (int i = b.thread; i < b.plan.tiles * kTileColumns * terms; i += kSpreadThreads) {
    const int column = i / terms, term = i % terms;
    h_of(column)[term] = from_float<typename Block::Element>(stored(b, b.pieces.h[layer], layer, column, term));
  }
}

/// Writes the carried state of the pieces that the launch changed: this block's units.
template <class Block>
__device__ void store_own(const Block& b) {
  for (int l = 0; l < b.network.layer_count; ++l) {
    const int hidden = b.network.layers[l].hidden;
    each_mine(b, l, [&](int i, int row, int tile) {
      const int piece = b.column_of(tile), unit = b.unit_of(l, row);
      if (piece >= b.plan.pieces || unit >= hidden || b.heard()[piece].taken == 0) return;
      const std::int64_t to = std::int64_t{b.slot(piece)} * hidden + unit;
      b.pieces.h[l][to] = to_float(b.own(l, i));
      b.pieces.c[l][to] = b.c(l, i);
    });
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
