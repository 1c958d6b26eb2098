// A block that multiplies on tensor cores: what lies in its shared memory, and how it gets there. See plan.h.
#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"
#include "kernels/generate/choose.cuh"
#include "kernels/generate/steps.cuh"
#include "kernels/generate/tensor/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Named barriers: warps that multiply and warps that choose meet in different places of the program.
enum TensorBarrier : unsigned { kTogether = 1, kReadoutReady, kNotesReady, kStateReady };

struct alignas(16) TensorBytes {
  unsigned char first[16];  // the plan says how many follow
};

/// @param Element_  Half or Bfloat16
/// @param kBlocks_   the plan's
/// @param kMostHeld  the form's
template <class Element_, int kBlocks_, int kMostHeld>
struct TensorBlock {
  using Element = Element_;
  static constexpr int kBlocks = kBlocks_, kHeld = held_blocks(kBlocks, kMostHeld), kUnits = kBlockTerms * kBlocks,
                       kWarps = kUnits / kUnitsOfWarp;
  static constexpr int kStride = TensorPlan::stride_of(kUnits);
  /// Threads that multiply come first, those that only choose after them.
  static constexpr unsigned kMultipliers = 32 * kWarps;

  const TensorPlan& plan;
  const NetworkView& network;
  const PiecesView& pieces;
  unsigned char* bytes;  ///< all shared memory
  int warp, lane;
  int rank = 0;   ///< in the cluster
  int first = 0;  ///< slot of the block's first piece
  int turn = 0;   ///< which half of h is the present

  __device__ explicit TensorBlock(const TensorOp& op)
      : plan(op.plan),
        network(op.choose.network),
        pieces(op.choose.pieces),
        bytes(dev::smem<TensorBytes>().first),
        warp(static_cast<int>(threadIdx.x / 32)),
        lane(static_cast<int>(threadIdx.x % 32)) {}

  template <class T>
  __device__ T* at(int place) const {
    return reinterpret_cast<T*>(bytes + place);
  }
  __device__ Element* h(int half) const { return at<Element>(plan.h) + half * plan.columns() * kStride; }
  /// Of this thread: c of its unit in its two columns of a tile.
  __device__ float2& c(int tile) const {
    return at<float2>(plan.c)[tile * kWarps * 32 + static_cast<int>(threadIdx.x)];
  }
  /// Row 0 is the bias, the others belong to the scaled inputs, in their order; the four gates of unit `unit`.
  __device__ const float4& row(int number, int unit) const { return at<float4>(plan.rows)[number * kUnits + unit]; }
  __device__ HeadOutput* output() const { return at<HeadOutput>(plan.output); }
  __device__ float* readout(int piece) const { return at<float>(plan.readout) + piece * network.readout_size; }
  __device__ Played* ring(int piece) const { return at<Played>(plan.ring) + piece * network.window; }
  __device__ Progress* progress() const { return at<Progress>(plan.progress); }
  __device__ VoiceView* voices() const { return at<VoiceView>(plan.voices); }
  __device__ WindowStart* starts() const { return at<WindowStart>(plan.starts); }

  /// The unit whose gates this thread has.
  __device__ int unit() const { return warp * kUnitsOfWarp + lane / 4; }
  /// The first of this thread's two columns of a tile; the other is the next.
  __device__ int column(int tile) const { return tile * kTileColumns + lane % 4 * 2; }
};

__device__ inline WindowStart start_of(const Progress& progress, int window) {
  const auto notes = static_cast<int>(min(std::int64_t{window}, progress.consumed));
  return {static_cast<int>(progress.consumed % window), progress.left > 0 ? window - notes : window};
}
/// Place in the ring of the note that step `number` of a replay reads; W - 1 reads the newest.
__device__ inline int place_of(const WindowStart& start, int window, int number) {
  const int place = start.at + number;
  return place < window ? place : place - window;
}

/// Two neighbouring terms of a row, zeros beyond its end and where there is no row, as one register.
template <class Element>
__device__ std::uint32_t two_terms(const float* row, int term, int terms) {
  const auto value = [&](int at) { return from_float<Element>(row != nullptr && at < terms ? row[at] : 0); };
  return pack(value(term), value(term + 1));
}

/// Bias, input rows and heads, by all threads. A barrier must follow.
template <class Block>
__device__ void load_network(const Block& b) {
  const LayerView& layer = b.network.layers[0];
  const int units = Block::kUnits, threads = static_cast<int>(blockDim.x);
  const auto load_row = [&](int number, const float* from) {
    for (int unit = static_cast<int>(threadIdx.x); unit < units; unit += threads) {
      const auto gate = [&](int g) { return unit < layer.hidden ? from[g * layer.hidden + unit] : 0; };
      b.template at<float4>(b.plan.rows)[number * units + unit] = make_float4(gate(0), gate(1), gate(2), gate(3));
    }
  };
  load_row(0, layer.bias);
  int number = 1;
  for (int i = 0; i < b.network.input_count; ++i) {
    if (!b.network.inputs[i].table) load_row(number++, b.network.inputs[i].rows);
  }
  // The heads as warps read them: for 16 outputs and 16 terms, the four registers of a lane (tile.cuh).
  const int terms = layer.hidden;
  for (int i = static_cast<int>(threadIdx.x); i < b.plan.groups * Block::kBlocks * 32; i += threads) {
    const int lane = i % 32, block = i / 32 % Block::kBlocks, group = i / 32 / Block::kBlocks;
    std::uint32_t part[4];
    for (int r = 0; r < 4; ++r) {
      const float* row = head_weights(b.network, group * kHeadRows + lane / 4 + r % 2 * 8);
      part[r] = two_terms<typename Block::Element>(row, block * kBlockTerms + lane % 4 * 2 + r / 2 * 8, terms);
    }
    b.template at<uint4>(b.plan.w_heads)[i] = make_uint4(part[0], part[1], part[2], part[3]);
  }
  for (int i = static_cast<int>(threadIdx.x); i < b.plan.groups * kHeadRows; i += threads) {
    b.output()[i] = head_output(b.network, i);
  }
}

/// The block's pieces from slot `first` on, with a column each. A barrier must stand before and after.
/// Here and below loops stay rolled: unrolled ones want registers that hold the warp's weights.
template <class Block>
__device__ void load_pieces(Block& b, int first) {
  b.first = first;
  b.turn = 0;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const auto progress_of = [&](int piece) {
    return first + piece < b.pieces.rows ? b.pieces.progress[first + piece] : Progress{};
  };
  const int window = b.network.window;
  AFFETTO_ROLLED
  for (int piece = thread; piece < b.plan.pieces; piece += threads) {
    const Progress progress = progress_of(piece);
    b.progress()[piece] = progress;
    b.starts()[piece] = start_of(progress, window);
    if (first + piece < b.pieces.rows) b.voices()[piece] = b.pieces.voices[first + piece];
  }
  AFFETTO_ROLLED
  for (int i = thread; i < b.plan.pieces * window; i += threads) {
    const int piece = i / window, place = i % window;
    if (place < progress_of(piece).consumed) {
      b.ring(piece)[place] = b.pieces.window[static_cast<std::int64_t>(first + piece) * window + place];
    }
  }
}

/// State `from` of a piece before its first step in this launch; zero where it has none.
template <class Block>
__device__ float stored_state(const Block& b, const float* from, int piece, int unit) {
  const int hidden = b.network.layers[0].hidden;
  if (!b.network.carry || unit >= hidden || b.first + piece >= b.pieces.rows) return 0;
  if (b.pieces.progress[b.first + piece].consumed <= 0) return 0;
  return from[static_cast<std::int64_t>(b.first + piece) * hidden + unit];
}

/// h and c of all columns, a piece each; both halves of h, whose padding products read too. A barrier must follow.
template <class Block>
__device__ void load_state(const Block& b) {
  const int stride = Block::kStride, units = Block::kUnits;
  AFFETTO_ROLLED
  for (int i = static_cast<int>(threadIdx.x); i < b.plan.columns() * units; i += static_cast<int>(blockDim.x)) {
    const int column = i / units, unit = i % units;
    b.h(0)[column * stride + unit] = from_float<typename Block::Element>(stored_state(b, b.pieces.h[0], column, unit));
    b.h(1)[column * stride + unit] = from_float<typename Block::Element>(0);
  }
  if (threadIdx.x >= Block::kMultipliers) return;
  AFFETTO_ROLLED
  for (int tile = 0; tile < b.plan.tiles; ++tile) {
    const int column = b.column(tile);
    b.c(tile) = make_float2(stored_state(b, b.pieces.c[0], column, b.unit()),
                            stored_state(b, b.pieces.c[0], column + 1, b.unit()));
  }
}

/// Writes the carried state of the pieces that the launch changed.
/// @param taken  whether it did, by piece
template <class Block, class Taken>
__device__ void store_state(const Block& b, const Taken& taken) {
  const int hidden = b.network.layers[0].hidden, unit = b.unit();
  if (threadIdx.x >= Block::kMultipliers || unit >= hidden) return;
  for (int tile = 0; tile < b.plan.tiles; ++tile) {
    const float2 c = b.c(tile);
    for (int e = 0; e < 2; ++e) {
      const int piece = b.column(tile) + e;
      if (!taken(piece)) continue;
      const std::int64_t to = static_cast<std::int64_t>(b.first + piece) * hidden + unit;
      b.pieces.h[0][to] = to_float(b.h(b.turn)[piece * Block::kStride + unit]);
      b.pieces.c[0][to] = e == 0 ? c.x : c.y;
    }
  }
}

/// Chooses and plays a piece's next note, by one warp. @return in lane 0, whether the piece has notes left
template <class Block>
__device__ bool choose_note(const Block& b, const ChooseOp& op, int piece) {
  Progress progress = b.progress()[piece];
  const int window = b.network.window;
  const PieceHere here{b.voices() + piece, b.ring(piece),
                       b.readout(piece),   static_cast<int>(min(std::int64_t{window}, progress.consumed)),
                       progress.written,   progress.out_at};
  Choice choice{0, 0};
  if (progress.left > 0) {
    CandidateRegisters<kTensorCandidates / 32> store;
    choice = choose_pitch_warp(op, here, store, b.lane);
  }
  __syncwarp();  // every lane has read progress and ring
  if (b.lane != 0) return false;
  const int place = static_cast<int>(progress.consumed % window);
  if (Played played; conclude(op, here, choice, progress, played)) {
    b.ring(piece)[place] = played;
    b.pieces.window[static_cast<std::int64_t>(b.first + piece) * window + place] = played;
  }
  b.progress()[piece] = progress;
  b.starts()[piece] = start_of(progress, window);
  return progress.left > 0;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
