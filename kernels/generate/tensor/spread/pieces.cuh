// What every block knows of the pieces, kept alike by all: their progress, the note that they read next, their past.
#pragma once

#include "kernels/generate/tensor/spread/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The staggered state that has read the last min(W, consumed) notes, and that begins anew with the next one. All begin
/// at zero, so those of a piece with fewer than W notes have all read the same.
__device__ inline int speaker_of(const Progress& progress, int window) {
  return static_cast<int>(progress.consumed % window);
}

/// Steps of the longest past, in window mode: no piece's states come out right with fewer.
template <class Block>
__device__ int past_steps(const Block& b) {
  if (b.network.carry) return 0;
  std::int64_t most = 0;
  for (int piece = 0; piece < b.plan.pieces; ++piece) {
    const Progress& progress = b.progress()[piece];
    if (progress.left > 0) most = max(most, progress.consumed);
  }
  return static_cast<int>(min(std::int64_t{b.network.window}, most));
}

/// Chooses a piece's next note and plays it, by one warp. @return in lane 0, the note; of a fault the pitch is -fault
template <class Block>
__device__ Played play_next(const Block& b, int piece, float* readout, float* scratch) {
  const ChooseOp& op = b.op.choose;
  Progress progress = b.progress()[piece];
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
  Played played{.pitch = -choice.fault};
  if (b.lane != 0) return played;
  const std::int64_t window = b.network.window, place = progress.consumed % window;
  if (conclude(op, here, choice, progress, played)) b.pieces.window[b.slot(piece) * window + place] = played;
  return played;
}

/// The notes chosen last, by all threads; a barrier. @return whether any piece has notes left
/// @param note_of  piece -> its note, once that is there
template <class Block, class NoteOf>
__device__ bool hear_notes(const Block& b, const NoteOf& note_of) {
  int left = 0;
  for (int piece = b.thread; piece < b.plan.pieces; piece += kSpreadThreads) {
    Progress& progress = b.progress()[piece];
    HeardNote& heard = b.heard()[piece];
    heard.live = 0;
    if (progress.left <= 0) {
      progress.fresh = 0;
      continue;
    }
    const Played played = note_of(piece);
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

/// Writes the progress of this block's part of the pieces.
/// @param to_the_end  whether the last note of the launch was reached
template <class Block>
__device__ void store_progress(const Block& b, bool to_the_end) {
  for (int piece = b.block + b.thread * b.plan.blocks; piece < b.plan.pieces; piece += kSpreadThreads * b.plan.blocks) {
    if (!b.holds(piece)) continue;
    Progress progress = b.progress()[piece];
    if (!to_the_end) progress.fresh = 0;  // a note that was not to be came after it
    b.pieces.progress[b.slot(piece)] = progress;
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
