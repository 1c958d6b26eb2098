// From h of the last layer to the next notes: the heads' outputs are told to the piece's chooser, a warp of one block,
// and the note that it chooses to all blocks. They keep each piece's progress alike.
#pragma once

#include "kernels/generate/tensor/spread/exchange.cuh"
#include "kernels/generate/tensor/spread/product.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The staggered state that has read the last min(W, consumed) notes, and that begins anew with the next one. All begin
/// at zero, so those of a piece with fewer than W notes have all read the same.
__device__ inline int speaker_of(const Progress& progress, int window) {
  return static_cast<int>(progress.consumed % window);
}

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

/// Chooses a piece's next note and tells it, by one warp; a fault as the pitch -fault.
template <class Block>
__device__ void choose_note_of(const Block& b, int piece, float* readout, float* scratch, std::uint32_t tag) {
  const ChooseOp& op = b.op.choose;
  Progress progress = b.progress()[piece];
  hear_outputs(b, piece, readout, tag);
  PieceHere here = piece_here(op, b.slot(piece), progress);
  here.readout = readout;
  Choice choice{};
  if (b.plan.scratch_rows == 0) {
    CandidateRegisters<kTensorCandidates / 32> store;
    choice = choose_pitch_warp(op, here, store, b.lane);
  } else {
    CandidateMemory store{scratch + b.lane, scratch + b.plan.scratch_rows * 32 + b.lane, b.plan.scratch_rows};
    choice = choose_pitch_warp(op, here, store, b.lane);
  }
  __syncwarp();  // every lane has read the window
  if (b.lane == 0) {
    const std::int64_t window = b.network.window, place = progress.consumed % window;
    Played played{.pitch = -choice.fault};
    if (conclude(op, here, choice, progress, played)) b.pieces.window[b.slot(piece) * window + place] = played;
    dev::store_tagged(note_word(b, piece), played, tag);
  }
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

/// The notes chosen last, by all threads. @return whether any piece has notes left
template <class Block>
__device__ bool hear_notes(const Block& b, std::uint32_t tag) {
  int left = 0;
  for (int piece = b.thread; piece < b.plan.pieces; piece += kSpreadThreads) {
    Progress& progress = b.progress()[piece];
    HeardNote& heard = b.heard()[piece];
    heard.live = 0;
    if (progress.left <= 0) {
      progress.fresh = 0;
      continue;
    }
    const Played played = dev::wait_tagged(note_word(b, piece), tag, b.op.watchdog, kWaitedForNote);
    if (played.pitch < 0) {
      stop_at(progress, -played.pitch);
      continue;
    }
    heard.note = played;
    heard.begins = speaker_of(progress, b.network.window);
    heard.live = 1;
    go_on(progress);
    left |= progress.left > 0 ? 1 : 0;
  }
  return __syncthreads_or(left) != 0;
}

/// Window mode, before the first note: note consumed + `number` (-W to -1) of the pieces that have one. By all threads.
template <class Block>
__device__ void remember_notes(const Block& b, int number) {
  const int window = b.network.window;
  for (int piece = b.thread; piece < b.plan.pieces; piece += kSpreadThreads) {
    const Progress& progress = b.progress()[piece];
    HeardNote& heard = b.heard()[piece];
    const std::int64_t note = progress.consumed + number;
    heard.live = note >= 0 && progress.left > 0 ? 1 : 0;
    if (heard.live == 0) continue;
    heard.begins = static_cast<int>(note % window);
    heard.note = b.past(piece)[heard.begins];
  }
  __syncthreads();
}

}  // namespace kernels::inline AFFETTO_PLATFORM
