// How a note is chosen: by one warp, and finished by one thread. Used by the kernels of choose.cu and by the persistent
// one (loop.cuh).
#pragma once

#include "kernels/generate/choose.h"
#include "kernels/generate/choose_features.cuh"
#include "kernels/generate/choose_warp.cuh"
#include "kernels/generate/progress.cuh"
#include "kernels/math/modulation.h"
#include "kernels/math/philox.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// One piece that is to have its next note.
struct PieceHere {
  const VoiceView* voice;
  const Played* window;   ///< [W] the slot's ring
  const float* readout;   ///< [readout_size] the slot's, in any memory
  int notes;              ///< in the window: min(W, consumed)
  std::uint32_t written;  ///< note word of the random counter
  std::int64_t at;        ///< in the output
};

struct Choice {
  int pitch, fault;  ///< fault as in Progress; then no pitch
};

__device__ inline bool is_finite(float x) { return x * 0.0f == 0.0f; }

/// Fills the store's blended logits and weights (e^(blended - highest)). @return whether all was finite, in every lane
template <class Store>
__device__ bool weigh(const ChooseOp& op, const PieceHere& piece, Store& store, int lane) {
  const VoiceView& voice = *piece.voice;
  const float* logits = piece.readout + op.network.logits_at;
  const bool scored = op.clusters.present && voice.label != 0 && voice.alpha > 0;
  Scorer scorer{};
  if (scored) {
    const float step = max(piece.readout[op.network.step_at], 0.0f);
    const float duration = max(piece.readout[op.network.duration_at], 0.0f);
    scorer = make_scorer(op.clusters, piece.window, piece.notes, step, duration, voice.label, lane);
  }
  const std::int64_t row_at = piece.at * op.network.candidates;
  float highest = -INFINITY;
  bool finite = true;
  for (int row = 0; row < store.rows(); ++row) {
    const int candidate = row * 32 + lane;
    float blended = -INFINITY;
    if (candidate < op.network.candidates) {
      const float score = scored ? scorer.score(static_cast<float>(candidate)) : 0.0f;
      const float logit = logits[candidate];
      blended = scored ? blended_logit(voice.alpha, score, voice.beta, logit) : voice.beta * logit;
      finite = finite && is_finite(logit) && is_finite(blended);
      store.weight(row) = score;  // kept for the trace until it is known whether there is a note
    }
    store.blended(row) = blended;
    highest = max(highest, blended);
  }
  if (__all_sync(kAllLanes, finite ? 1 : 0) == 0) return false;
  highest = warp_max(highest);
  for (int row = 0; row < store.rows(); ++row) {
    const int candidate = row * 32 + lane;
    if (candidate < op.network.candidates) {
      if (scored && op.output.scores != nullptr) op.output.scores[row_at + candidate] = store.weight(row);
      if (op.output.logits != nullptr) op.output.logits[row_at + candidate] = logits[candidate];
    }
    store.weight(row) = expf(store.blended(row) - highest);  // 0 beyond the candidates
  }
  return true;
}

/// Blended logits become what Gumbel's maximum is taken over; what was cut is minus infinity.
template <class Store>
__device__ void add_gumbel(const ChooseOp& op, const PieceHere& piece, Store& store, int lane) {
  const auto candidates = static_cast<std::uint32_t>(op.network.candidates);
  for (int row = 0; row < store.rows(); ++row) {
    const std::uint32_t candidate = static_cast<std::uint32_t>(row) * 32 + static_cast<std::uint32_t>(lane);
    float noisy = -INFINITY;
    if (store.weight(row) > 0) {
      const Words4 words =
          random_words(piece.voice->seed, piece.voice->index, piece.written * candidates + candidate, Purpose::kGumbel);
      noisy = static_cast<float>(double{store.blended(row)} - std::log(-std::log(uniform(words.w[0]))));
    }
    store.blended(row) = noisy;
  }
}

/// By a whole warp, whose lanes all get the same answer. Writes the trace of logits, scores, probabilities and u.
template <class Store>
__device__ Choice choose_pitch_warp(const ChooseOp& op, const PieceHere& piece, Store& store, int lane) {
  const VoiceView& voice = *piece.voice;
  if (!is_finite(piece.readout[op.network.step_at]) || !is_finite(piece.readout[op.network.duration_at])) return {0, 2};
  if (!weigh(op, piece, store, lane)) return {0, 1};

  const double total = total_weight(store);
  const bool cut = voice.top_k > 0 || voice.top_p < 1;
  if (cut) cut_tail(store, total, voice.top_k, voice.top_p, lane);
  if (op.output.probabilities != nullptr) {
    float* row_of = op.output.probabilities + piece.at * op.network.candidates;
    for (int row = 0; row < store.rows(); ++row) {
      const int candidate = row * 32 + lane;
      if (candidate < op.network.candidates) row_of[candidate] = static_cast<float>(store.weight(row) / total);
    }
  }
  double u = NAN;
  Choice choice{0, 0};
  if (voice.greedy != 0) {
    choice.pitch = arg_max(store, lane);
  } else if (voice.gumbel != 0) {
    add_gumbel(op, piece, store, lane);
    choice.pitch = arg_max(store, lane);
  } else {
    u = uniform(random_words(voice.seed, voice.index, piece.written, Purpose::kPitch).w[0]);
    choice.pitch = draw_inverse_cdf(store, u * (cut ? total_weight(store) : total), lane);
  }
  if (op.output.u != nullptr && lane == 0) op.output.u[piece.at] = u;
  return choice;
}

/// By one thread: the note as played. Writes it, and the trace of predicted and modulation, to the output.
__device__ inline Played modulate_lane(const ChooseOp& op, const PieceHere& piece, int pitch) {
  const VoiceView& voice = *piece.voice;
  const float step = max(piece.readout[op.network.step_at], 0.0f);
  const float duration = max(piece.readout[op.network.duration_at], 0.0f);
  double gamma = voice.gamma, delta = voice.delta;
  if (voice.note_draw != 0) {
    const bool folded = voice.folded != 0;
    gamma = drawn_gamma(voice.seed, voice.index, piece.written, Purpose::kModulationStep, voice.sigma_step, folded);
    delta =
        drawn_gamma(voice.seed, voice.index, piece.written, Purpose::kModulationDuration, voice.sigma_duration, folded);
  }
  const Played played{static_cast<float>(modulated(double{step}, voice.pace, gamma)),
                      static_cast<float>(modulated(double{duration}, voice.pace, delta)), pitch};
  op.output.notes[piece.at] = played;
  if (op.output.predicted != nullptr) {
    op.output.predicted[2 * piece.at] = step;
    op.output.predicted[2 * piece.at + 1] = duration;
  }
  if (op.output.modulation != nullptr) {
    op.output.modulation[2 * piece.at] = gamma;
    op.output.modulation[2 * piece.at + 1] = delta;
  }
  return played;
}

/// By one thread, after the warp: what becomes of the piece. @return whether it has a new note, `played`
__device__ inline bool conclude(const ChooseOp& op, const PieceHere& piece, const Choice& choice, Progress& progress,
                                Played& played) {
  if (progress.left <= 0) {
    progress.fresh = 0;
    return false;
  }
  if (choice.fault != 0) {
    stop_at(progress, choice.fault);
    return false;
  }
  played = modulate_lane(op, piece, choice.pitch);
  go_on(progress);
  return true;
}

/// Where a piece with left > 0 stands, as choosing sees it.
__device__ inline PieceHere piece_here(const ChooseOp& op, int slot, const Progress& progress) {
  const std::int64_t window = op.network.window;
  return {op.pieces.voices + slot,
          op.pieces.window + slot * window,
          op.pieces.readout + std::int64_t{slot} * op.network.readout_size,
          static_cast<int>(min(window, progress.consumed)),
          progress.written,
          progress.out_at};
}

}  // namespace kernels::inline AFFETTO_PLATFORM
