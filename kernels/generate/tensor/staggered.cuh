// The persistent kernel of the rungs staggered and cluster: window mode at one step a note. Of a piece's W states,
// state j begins anew with every note whose number is j mod W, and all of them read every note. The one that has read
// the last W notes gives the heads; then it is its turn to begin. What is computed is what a replay computes, bit for
// bit.
//
// The states may be dealt out to the blocks of a cluster: state j to block j mod `cluster`. Nothing but the new note
// crosses between them.
#pragma once

#include <cstddef>

#include "kernels/generate/tensor/overlap.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The piece as all threads of the cluster know it.
struct StaggeredPiece {
  int notes = 0;   ///< that the next one is chosen from, and one more once it is W of them: min(W + 1, consumed)
  int number = 0;  ///< of the next note, mod W
  int left = 0;

  __device__ StaggeredPiece(const Progress& progress, int window)
      : notes(static_cast<int>(min(std::int64_t{window} + 1, progress.consumed))),
        number(static_cast<int>(progress.consumed % window)),
        left(progress.left) {}
  /// The state that has read the last min(W, consumed) notes.
  __device__ int speaker(int window) const { return notes <= window ? 0 : number; }
  __device__ void read_note(int window) { number = number + 1 < window ? number + 1 : 0; }
  __device__ void hear(const Message& message, int window) {
    notes = min(notes + 1, window + 1);
    left = message.progress.left;
  }
};

/// All threads of the cluster; what they wrote before, to their own or another's memory, is seen after it.
template <class Block>
__device__ void meet(const Block& b, unsigned barrier) {
  if (b.plan.cluster == 1) {
    dev::bar_sync(barrier, blockDim.x);
  } else {
    dev::cluster_sync();
  }
}

/// The step of this block's states that reads the note at byte `place`, whose number mod W is `number`.
template <class Block>
struct StaggeredStep {
  const Block& b;
  int number, place;
  __device__ const Played& note(int) const { return *b.template at<Played>(place); }
  __device__ ColumnPart part(int column) const {
    const int state = column * b.plan.cluster + b.rank;
    if (state >= b.network.window) return ColumnPart::idle;
    return state == number ? ColumnPart::begin : ColumnPart::go_on;
  }
};

/// The heads of one column: all eight columns of the multiplication are the same one.
template <class Block>
__device__ void read_one(const Block& b, int column) {
  for (int group = b.warp; group < b.plan.groups; group += Block::kWarps) {
    float sums[4] = {};
    multiply_heads(
        b, group, [&](int) { return column; }, sums);
    if (b.lane % 4 != 0) continue;
    write_readout(b, group, b.lane / 4, 0, sums[0]);
    write_readout(b, group, b.lane / 4 + 8, 0, sums[2]);
  }
}

/// What the others need to know of the note just chosen, into their memory and this block's own; by one thread.
/// Messages take turns, so that a slow reader of the last one is not overtaken.
template <class Block>
__device__ void tell_cluster(const Block& b, int note) {
  const int window = b.network.window;
  const Progress progress = b.progress()[0];
  const WindowStart start = b.starts()[0];
  Played* newest = b.ring(0) + place_of(start, window, window - 1);
  const Message message{progress, *newest};
  for (int rank = 0; rank < b.plan.cluster; ++rank) {
    const auto there = [&](auto* place) {
      return b.plan.cluster == 1 ? place : dev::map_rank(place, static_cast<unsigned>(rank));
    };
    *there(b.template at<Message>(b.plan.messages) + note % 2) = message;
    if (rank == b.rank) continue;
    *there(newest) = message.note;
    *there(b.progress()) = progress;
  }
}

/// Before the first note all states read the last ones of the piece, so that those that are still to speak come out
/// right.
template <class Block>
__device__ bool multiply_staggered(Block& b, const GateWeights<Block::kHeld>& w, const TensorOp& op,
                                   StaggeredPiece piece) {
  const int window = b.network.window, known = min(piece.notes, window);
  piece.number += (piece.number < known ? window : 0) - known;
  for (int note = -known; note < op.notes; ++note) {
    if (note == 0) meet(b, kTogether);  // a quick block's first note would change the ring that a slow one still reads
    if (note >= 0 && piece.left <= 0) return false;
    if (const int speaker = piece.speaker(window); note >= 0 && speaker % b.plan.cluster == b.rank) {
      read_one(b, speaker / b.plan.cluster);
      dev::bar_arrive(kReadoutReady, blockDim.x);
    }
    GateSums sums;
    begin_sums(sums);
    multiply_tile(b, w, 0, sums);
    int place = b.plan.ring + piece.number * static_cast<int>(sizeof(Played));  // of the note: shorter than a pointer
    if (note >= 0) {
      meet(b, kNotesReady);
      piece.hear(b.template at<Message>(b.plan.messages)[note % 2], window);
      place =
          b.plan.messages + note % 2 * static_cast<int>(sizeof(Message)) + static_cast<int>(offsetof(Message, note));
    }
    const StaggeredStep<Block> step{b, piece.number, place};
    update_all(
        b, w, sums, [&](int column) { return step.part(column); },
        [&](int column) -> const Played& { return step.note(column); });
    piece.read_note(window);
    dev::bar_sync(kStateReady, Block::kMultipliers);
    b.turn = 1 - b.turn;
  }
  return true;
}

template <class Block>
__device__ bool choose_staggered(const Block& b, const TensorOp& op, StaggeredPiece piece) {
  meet(b, kTogether);
  for (int note = 0; note < op.notes; ++note) {
    if (piece.left <= 0) return false;
    if (piece.speaker(b.network.window) % b.plan.cluster == b.rank) {
      dev::bar_sync(kReadoutReady, blockDim.x);
      if (b.warp == Block::kWarps) {
        choose_note(b, op.choose, 0);
        if (b.lane == 0) tell_cluster(b, note);
      }
    }
    meet(b, kNotesReady);
    piece.hear(b.template at<Message>(b.plan.messages)[note % 2], b.network.window);
    piece.read_note(b.network.window);
  }
  return true;
}

/// The pieces that a cluster serves, one after the other.
template <class Block, class Play>
__device__ void each_piece(Block& b, const Play& play_it) {
  const int cluster = b.plan.cluster, clusters = static_cast<int>(gridDim.x) / cluster;
  for (int slot = static_cast<int>(blockIdx.x) / cluster; slot < b.pieces.rows; slot += clusters) {
    meet(b, kTogether);  // nobody reads the piece before, and the network is there
    load_pieces(b, slot);
    load_state(b);
    const StaggeredPiece piece(b.pieces.progress[slot], b.network.window);  // a quick block may write to shared memory
    meet(b, kTogether);
    const bool to_the_end = play_it(piece);
    meet(b, kTogether);
    if (b.rank != 0 || threadIdx.x != 0) continue;
    Progress after = b.progress()[0];
    if (!to_the_end) after.fresh = 0;  // a note that was not to be came after it
    b.pieces.progress[slot] = after;
  }
}

// A cluster owns one piece at a time, for all its notes.
template <class Element, int kBlocks>
__global__ void __launch_bounds__(64 * kBlocks + 32 * kChoosers, 1)
    staggered_kernel(const __grid_constant__ TensorOp op) {
  TensorBlock<Element, kBlocks, kStaggeredForm.held> b(op);
  if (op.plan.cluster > 1) b.rank = static_cast<int>(dev::cluster_rank());
  load_network(b);
  if (b.warp < b.kWarps) {
    const GateWeights<b.kHeld> w = load_gate_weights(b);
    each_piece(b, [&](const StaggeredPiece& piece) { return multiply_staggered(b, w, op, piece); });
  } else {
    each_piece(b, [&](const StaggeredPiece& piece) { return choose_staggered(b, op, piece); });
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
