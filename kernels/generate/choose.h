// From a piece's readout row to its next note: semantics.md, "Emotion score", "Choosing the pitch" and "Modulating step
// and duration". Two launches, since the first works with a warp per piece and the second with a thread.
//   features of the window and the candidate -> score -> alpha score + beta logit -> softmax -> tail cut -> draw
//   step, duration -> clamped at 0 -> modulated -> the note is played: output, window, Progress
// Sampling after the definition of engine/generate/reference; nucleus cut: Holtzman et al., "The curious case of neural
// text degeneration" (2020).
#pragma once

#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/runtime/stream.h"

namespace kernels {

inline constexpr int kMaxCandidates = 4096;  ///< V; what a block's scratch holds

/// Operands of both; for the references host memory, for the launchers the device's.
struct ChooseOp {
  NetworkView network;    ///< only candidates, logits_at, step_at, duration_at, readout_size and window are read
  ClustersView clusters;  ///< where absent, or a voice's label or alpha is 0, the score is left out
  PiecesView pieces;      ///< slots with Progress::left = 0 are passed over; window is not read beyond its notes
  OutputView output;      ///< probabilities: weight over the total before the cut, as in the CPU's trace
  int* pitch = nullptr;   ///< [slots] written by choose_pitch, read by modulate
};

/// choose_pitch and modulate on the host, in double, one candidate at a time: the definition.
void choose_pitch_ref(const ChooseOp& op);
void modulate_ref(const ChooseOp& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueues, for every slot with left > 0: op.pitch and the trace of logits, scores, probabilities and u. Where step or
/// duration is not finite: fault = 2; where a logit or what it is blended to is not: fault = 1; then left = fresh = 0
/// and nothing else is written.
/// @throws std::invalid_argument for no rows, no window, or candidates beyond kMaxCandidates; CudaError
void choose_pitch(const ChooseOp& op, StreamRef stream);

/// Enqueues, for every slot with left > 0: the note of op.pitch, modulated, goes to the output (with the trace of
/// predicted and modulation) and into the window, and Progress goes on; elsewhere fresh = 0.
/// @throws as choose_pitch
void modulate(const ChooseOp& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
