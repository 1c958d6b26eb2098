// From h of the last layer to the next notes: the heads' outputs are told to the piece's chooser, a warp of one block,
// and the note that it chooses to all blocks. They keep each piece's progress alike.
#pragma once

#include "kernels/generate/tensor/spread/exchange.cuh"
#include "kernels/generate/tensor/spread/pieces.cuh"
#include "kernels/generate/tensor/spread/product.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// This block's outputs for every piece with notes left.
template <class Block>
__device__ void read_outputs(const Block& b, const HeldWeights& w, std::uint32_t tag) {
  const int pieces = b.plan.pieces;
  const auto column_of = [&](int tile, int column) {
    const int piece = min(tile * kTileColumns + column, pieces - 1);
    return b.plan.states == 1 ? piece : piece * b.plan.states + speaker_of(b.progress()[piece], b.network.window);
  };
  product(b, w, kHeadsMatrix, (pieces + kTileColumns - 1) / kTileColumns, column_of,
          [&](int, int row, int tile, const float4& sum) {
            AFFETTO_UNROLLED
            for (int e = 0; e < 4; ++e) {
              const int piece = tile * kTileColumns + b.lane % 4 * 2 + e % 2;
              const int here = row * kHeadRows + b.lane / 4 + e / 2 * 8;
              const HeadOutput output = b.output()[here];
              if (piece >= pieces || output.to < 0 || b.progress()[piece].left <= 0) continue;
              const float x = e == 0 ? sum.x : e == 1 ? sum.y : e == 2 ? sum.z : sum.w;
              const int number = b.first_tile(b.plan.matrix[kHeadsMatrix]) * kHeadRows + here;
              dev::store_tagged(readout_words(b, piece) + number, curved(x + output.bias, output.curve), tag);
            }
          });
}

/// A piece's readout row, put together by a warp.
template <class Block>
__device__ void hear_outputs(const Block& b, int piece, float* readout, std::uint32_t tag) {
  constexpr int kAtOnce = 4;
  const Tagged<float>* words = readout_words(b, piece);
  for (int first = b.lane; first < b.plan.outputs; first += kAtOnce * 32) {
    const Tagged<float>* slots[kAtOnce];
    float got[kAtOnce];
    AFFETTO_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) slots[i] = first + 32 * i < b.plan.outputs ? words + first + 32 * i : nullptr;
    dev::wait_tagged(slots, tag, got, b.op.watchdog, kWaitedForReadout);
    AFFETTO_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      if (slots[i] == nullptr) continue;
      const HeadPlace place = head_place(b.network, first + 32 * i);
      readout[b.network.readout[place.layer].to + place.row] = got[i];
    }
  }
  __syncwarp();
}

/// Chooses a piece's next note and tells it, by one warp.
template <class Block>
__device__ void choose_note_of(const Block& b, int piece, float* readout, float* scratch, std::uint32_t tag) {
  hear_outputs(b, piece, readout, tag);
  const Played played = play_next(b, piece, readout, scratch);
  if (b.lane == 0) dev::store_tagged(note_word(b, piece), played, tag);
  __syncwarp();  // nobody writes the next row into what lane 0 reads
}

/// This block's part of the pieces with notes left.
template <class Block>
__device__ void choose_notes_of(const Block& b, std::uint32_t tag) {
  if (b.warp >= b.plan.choosers) return;
  float* readout = b.template at<float>(b.plan.readout) + b.warp * b.network.readout_size;
  float* scratch = b.template at<float>(b.plan.scratch) + b.warp * 2 * b.plan.scratch_rows * 32;
  for (int piece = b.block + b.warp * b.plan.blocks; piece < b.plan.pieces; piece += b.plan.choosers * b.plan.blocks) {
    if (b.progress()[piece].left > 0) choose_note_of(b, piece, readout, scratch, tag);
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
