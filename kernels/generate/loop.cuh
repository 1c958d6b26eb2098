// The persistent kernel of the rungs note and loop.
#pragma once

#include "kernels/generate/choose.cuh"
#include "kernels/generate/resident.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

struct LoopOp {
  ChooseOp choose;  ///< pitch is not used
  ResidentPlan plan;
  int notes = 1;  ///< that each piece has chosen at most
};

/// This block's outputs of the heads, as load_layers().
__device__ inline void load_heads(const Resident& r) {
  constexpr int kGroup = kHeadQuads * kFragmentRows;
  // Groups are dealt out to the blocks in turn, so that no block has two more than another.
  const auto output_of = [&](int group, int within) { return (group * r.plan.cluster + r.rank) * kGroup + within; };
  const int last = r.network.layer_count - 1;
  bool wide = true;
  for (int i = 0; i < r.network.readout_count; ++i) wide = wide && r.plan.wide_heads[i];
  load_fragments<kHeadQuads>(r.floats + r.plan.w_heads, r.plan.output_groups,
                             r.plan.layers[last].terms / kFragmentTerms, r.network.layers[last].hidden, wide,
                             [&](int group, int quad, int row) -> const float* {
                               return head_weights(r.network, output_of(group, quad * kFragmentRows + row));
                             });
  for (int i = static_cast<int>(threadIdx.x); i < r.plan.output_groups * kGroup; i += static_cast<int>(blockDim.x)) {
    r.output()[i] = head_output(r.network, output_of(i / kGroup, i % kGroup));
  }
}

/// The block that chooses a piece's notes.
__device__ inline int chooser_of(const Resident& r, int piece) { return piece % r.plan.cluster; }

/// The heads of every piece with notes left, into the readout rows of those who choose: a warp owns 16 outputs.
template <int kPieces>
__device__ void read_heads(const Resident& r) {
  constexpr int kGroup = kHeadQuads * kFragmentRows, kMine = kPieces / 4;
  const int last = r.network.layer_count - 1, blocks = r.plan.layers[last].terms / kFragmentTerms;
  for (int group = r.warp; group < r.plan.output_groups; group += r.warps) {
    float sums[kHeadQuads][kPieces] = {}, mine[kHeadQuads][kMine];
    multiply_quarter(r.floats + r.plan.w_heads + group * blocks * kHeadQuads * 128, r.h(last, r.turn), blocks, r.lane,
                     sums);
    share_sums(sums, r.lane, mine);
    for (int q = 0; q < kHeadQuads; ++q) {
      const HeadOutput output = r.output()[group * kGroup + q * kFragmentRows + r.lane / 4];
      if (output.to < 0) continue;
      for (int j = 0; j < kMine; ++j) {
        const int piece = 4 * j + r.lane % 4;
        if (r.progress()[piece].left <= 0) continue;
        *r.at(r.readout(piece) + output.to, chooser_of(r, piece)) = curved(mine[q][j] + output.bias, output.curve);
      }
    }
  }
}

/// Chooses and plays one piece's note, by one warp.
__device__ inline void choose_note(const Resident& r, const LoopOp& op, int piece) {
  Progress progress = r.progress()[piece];
  const int window = r.network.window;
  Choice choice{0, 0};
  const PieceHere here{r.voices() + piece, r.ring(piece),
                       r.readout(piece),   static_cast<int>(min(std::int64_t{window}, progress.consumed)),
                       progress.written,   progress.out_at};
  const bool goes_on = progress.left > 0;
  if (goes_on && r.plan.scratch_rows == 0) {
    CandidateRegisters<4> store;
    choice = choose_pitch_warp(op.choose, here, store, r.lane);
  } else if (goes_on) {
    float* scratch = r.floats + r.plan.scratch + r.warp * 2 * r.plan.scratch_rows * 32 + r.lane;
    CandidateMemory store{scratch, scratch + r.plan.scratch_rows * 32, r.plan.scratch_rows};
    choice = choose_pitch_warp(op.choose, here, store, r.lane);
  }
  __syncwarp();  // every lane has read progress and window
  if (r.lane != 0) return;
  const int place = static_cast<int>(progress.consumed % window);
  if (Played played; conclude(op.choose, here, choice, progress, played)) {
    r.tell_all(r.ring(piece) + place, played);
    r.pieces.window[static_cast<std::int64_t>(r.first + piece) * window + place] = played;
  }
  r.tell_all(r.progress() + piece, progress);
}

__device__ inline bool some_left(const Resident& r) {
  bool some = false;
  for (int piece = 0; piece < r.plan.pieces; ++piece) some = some || r.progress()[piece].left > 0;
  return some;
}

/// Notes of one group, until all have `op.notes` or nothing left. @return whether the last of the notes was reached
template <int kPieces>
__device__ bool play_group(Resident& r, const LoopOp& op) {
  for (int note = 0; note < op.notes; ++note) {
    if (!some_left(r)) return false;
    if (!r.network.carry) replay_window<kPieces>(r);
    read_heads<kPieces>(r);
    r.sync();
    for (int at = r.warp; at * r.plan.cluster + r.rank < kPieces; at += r.warps) {
      choose_note(r, op, at * r.plan.cluster + r.rank);
    }
    r.sync();
    if (r.network.carry) step_all<kPieces>(r, kFeedStep, false);
  }
  return true;
}

// A cluster owns kPieces pieces at a time, for all their notes.
template <int kPieces>
__global__ void __launch_bounds__(kResidentThreads, 1) loop_kernel(const __grid_constant__ LoopOp op) {
  Resident r(op.plan, op.choose.network, op.choose.pieces);
  load_layers(r);
  load_heads(r);
  each_group(op.plan, op.choose.pieces.rows, [&](int first) {
    load_group(r, first, false);
    const bool to_the_end = play_group<kPieces>(r, op);
    if (r.network.carry) store_state(r);
    const int piece = static_cast<int>(threadIdx.x);
    if (r.rank != 0 || piece >= kPieces || first + piece >= r.pieces.rows) return;
    Progress progress = r.progress()[piece];
    if (!to_the_end) progress.fresh = 0;  // a note that was not to be came after it
    r.pieces.progress[first + piece] = progress;
  });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
