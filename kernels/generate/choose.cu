#include <stdexcept>
#include <string>

#include "kernels/device/launch.cuh"
#include "kernels/generate/choose.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct ChooseTile {
  static constexpr int kWarps = 4;             // pieces of a block; too little for one warp each to matter alone
  static constexpr int kRows = 4;              // of candidates in registers: V up to 128, as MIDI has
  static constexpr int kModulateThreads = 64;  // small, so that few pieces already spread over the SMs
};

struct ChooseScratch {
  float blended[kMaxCandidates], weight[kMaxCandidates];
};

// One warp owns one piece; lane l its candidates l, l + 32, ...
template <class Store>
__device__ void choose_slot(const ChooseOp& op, int slot, Store& store, int lane) {
  Progress& progress = op.pieces.progress[slot];
  if (progress.left <= 0) return;
  const Choice choice = choose_pitch_warp(op, piece_here(op, slot, progress), store, lane);
  __syncwarp();  // every lane has read the progress
  if (lane != 0) return;
  if (choice.fault != 0) {
    stop_at(progress, choice.fault);
  } else {
    op.pitch[slot] = choice.pitch;
  }
}

__global__ void __launch_bounds__(32 * ChooseTile::kWarps) choose_few_kernel(const __grid_constant__ ChooseOp op) {
  const int slot = static_cast<int>(blockIdx.x * ChooseTile::kWarps + threadIdx.x / 32);
  if (slot >= op.pieces.rows) return;
  CandidateRegisters<ChooseTile::kRows> store;
  choose_slot(op, slot, store, static_cast<int>(threadIdx.x % 32));
}

__global__ void __launch_bounds__(32) choose_many_kernel(const __grid_constant__ ChooseOp op) {
  ChooseScratch& scratch = dev::smem<ChooseScratch>();
  const int lane = static_cast<int>(threadIdx.x);
  CandidateMemory store{scratch.blended + lane, scratch.weight + lane, (op.network.candidates + 31) / 32};
  choose_slot(op, static_cast<int>(blockIdx.x), store, lane);
}

// One thread owns one piece.
__global__ void __launch_bounds__(ChooseTile::kModulateThreads) modulate_kernel(const __grid_constant__ ChooseOp op) {
  const int slot = static_cast<int>(blockIdx.x * ChooseTile::kModulateThreads + threadIdx.x);
  if (slot >= op.pieces.rows) return;
  Progress& progress = op.pieces.progress[slot];
  if (progress.left <= 0) {
    progress.fresh = 0;
    return;
  }
  const Played played = modulate_lane(op, piece_here(op, slot, progress), op.pitch[slot]);
  const std::int64_t window = op.network.window;
  op.pieces.window[slot * window + progress.consumed % window] = played;
  go_on(progress);
}

void check(const ChooseOp& op, const char* who) {
  const auto refuse = [&](const std::string& text) { throw std::invalid_argument(std::string(who) + ": " + text); };
  const int v = op.network.candidates;
  if (op.pieces.rows < 1) refuse("rows = " + std::to_string(op.pieces.rows) + "; must be >= 1");
  if (op.network.window < 1) refuse("window = " + std::to_string(op.network.window) + "; must be >= 1");
  if (v < 1 || v > kMaxCandidates) {
    refuse("candidates = " + std::to_string(v) + "; must be 1 to " + std::to_string(kMaxCandidates));
  }
}

unsigned blocks_for(int rows, int each) { return static_cast<unsigned>((rows + each - 1) / each); }

}  // namespace

void choose_pitch(const ChooseOp& op, StreamRef stream) {
  check(op, "choose_pitch");
  if (op.network.candidates <= 32 * ChooseTile::kRows) {
    launch("choose_pitch", choose_few_kernel,
           {.grid = blocks_for(op.pieces.rows, ChooseTile::kWarps), .block = 32 * ChooseTile::kWarps}, stream, op);
  } else {
    launch("choose_pitch", choose_many_kernel,
           {.grid = blocks_for(op.pieces.rows, 1), .block = 32, .shared_bytes = sizeof(ChooseScratch)}, stream, op);
  }
}

void modulate(const ChooseOp& op, StreamRef stream) {
  check(op, "modulate");
  launch("modulate", modulate_kernel,
         {.grid = blocks_for(op.pieces.rows, ChooseTile::kModulateThreads), .block = ChooseTile::kModulateThreads},
         stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
