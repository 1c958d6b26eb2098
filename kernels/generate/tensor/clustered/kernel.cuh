// The kernel of a network that a cluster holds: a cluster owns some pieces at a time, for all their notes.
#pragma once

#include "kernels/generate/tensor/clustered/step.cuh"
#include "kernels/generate/tensor/spread/pieces.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// This warp's outputs for every piece with notes left.
template <class Block>
__device__ void tell_outputs(const Block& b, const ListedWeights& w) {
  const int pieces = b.plan.pieces, layers = b.network.layer_count;
  const auto column_of = [&](int tile, int column) {
    const int piece = min(tile * kTileColumns + column, pieces - 1);
    return b.plan.states == 1 ? piece : piece * b.plan.states + speaker_of(b.progress()[piece], b.network.window);
  };
  multiply(
      b, w, kHeadsMatrix, layers, layers - 1, (pieces + kTileColumns - 1) / kTileColumns, column_of,
      [](int, int) { return make_float4(0, 0, 0, 0); },
      [&](int row, int tile, const float4& sum) {
        AFFETTO_UNROLLED
        for (int e = 0; e < 4; ++e) {
          const int piece = tile * kTileColumns + b.lane % 4 * 2 + e % 2;
          const HeadOutput output = b.output()[row * kHeadRows + b.lane / 4 + e / 2 * 8];
          if (piece >= pieces || output.to < 0 || b.progress()[piece].left <= 0) continue;
          const float x = e == 0 ? sum.x : e == 1 ? sum.y : e == 2 ? sum.z : sum.w;
          tell_output(b, piece, output.to, curved(x + output.bias, output.curve));
        }
      });
}

/// This block's part of the pieces with notes left, by its last warps: the first ones may have more tiles.
template <class Block>
__device__ void choose_notes_of(const Block& b) {
  const int chooser = kSpreadWarps - 1 - b.warp;
  if (chooser >= b.plan.choosers) return;
  float* scratch = b.template at<float>(b.plan.scratch) + chooser * 2 * b.plan.scratch_rows * 32;
  const int first = b.block + chooser * b.plan.blocks;
  if (first < b.plan.pieces) dev::mbar_wait(&b.barriers().outputs, b.chosen % 2);
  for (int piece = first; piece < b.plan.pieces; piece += b.plan.choosers * b.plan.blocks) {
    if (b.progress()[piece].left > 0) tell_note(b, piece, play_next(b, piece, b.readout(piece), scratch));
  }
}

/// Notes of the pieces, until all have `op.notes` or nothing left. @return whether the last was reached
template <class Block>
__device__ bool play_clustered(Block& b, const ListedWeights& w) {
  const int last = b.network.layer_count - 1, past = past_steps(b);
  bool left = false;
  for (int piece = 0; piece < b.plan.pieces; ++piece) left = left || b.progress()[piece].left > 0;
  for (int note = -past; note < b.op.notes; ++note, ++b.steps) {
    if (!left) return false;
    if (note >= 0) {
      expect_notes(b);
      tell_outputs(b, w);
    }
    multiply_ahead(b, w, last);  // while the outputs are on their way
    if (note >= 0) choose_notes_of(b);
    await_all(b);
    if (note >= 0) {
      dev::mbar_wait(&b.barriers().notes, b.chosen++ % 2);
      left = hear_notes(b, [&](int piece) { return b.told()[piece].note; });
    } else {
      remember_notes(b, note);
    }
    expect_hidden(b);
    step_layers(b, w);
  }
  return true;
}

/// The pieces from slot b.first on. A block that is done with them may go on, or leave: it has waited for all that
/// others write into its memory.
template <class Block>
__device__ void play_group(Block& b, const ListedWeights& w) {
  load_pieces_of(b);
  load_states(b);
  __syncthreads();
  const int last = b.network.layer_count - 1;
  for (int l = b.network.carry ? 0 : last; l < last; ++l) multiply_ahead(b, w, l);  // zeros need no product
  dev::cluster_sync();  // nobody is told anything before its memory is ready
  const bool to_the_end = play_clustered(b, w);
  if (b.network.carry) store_states(b);
  __syncthreads();
  store_progress(b, to_the_end);
  __syncthreads();
}

// A block owns some units of every layer and some outputs, for all pieces of its cluster.
template <class Element>
__global__ void __launch_bounds__(kSpreadThreads, 1) clustered_kernel(const __grid_constant__ ClusteredOp op) {
  ClusteredBlock<Element> b(op);
  ListedWeights w;
  load_listed(b, w);
  load_rows(b);
  begin_exchange(b);
  for (int group = static_cast<int>(blockIdx.x) / op.plan.blocks; group * op.plan.pieces < b.pieces.rows;
       group += op.clusters) {
    b.first = group * op.plan.pieces;
    play_group(b, w);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
