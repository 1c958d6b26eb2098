// From candidates' probabilities to one candidate (semantics.md, "Choosing the pitch"): tail cut, Gumbel noise, the
// draw. Nucleus cut after Holtzman et al., "The curious case of neural text degeneration" (2020).
#pragma once

#include "kernels/generate/pieces.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// Sets to 0 what top_k and top_p leave out: by falling probability, equals by rising index, a candidate is kept while
/// fewer than top_k are and those before it have less than top_p.
struct CutTail {
  const float* probabilities = nullptr;  ///< [rows, V] each row's sum is 1
  const VoiceView* voices = nullptr;     ///< [rows]
  float* kept = nullptr;                 ///< [rows, V] not the probabilities themselves
  int rows = 0, candidates = 0;
};

/// What greedy and Gumbel sampling take the highest of: the blended logits, for gumbel with noise -log(-log(uniform))
/// and -infinity where the tail was cut.
struct Merit {
  const float* blended = nullptr;  ///< [rows, V]
  const float* kept = nullptr;     ///< [rows, V]
  PiecesView pieces;               ///< voices and Progress::written are read
  float* merit = nullptr;          ///< [rows, V]
  int candidates = 0;
};

/// The pitch of every piece with notes left: the candidate of the highest merit, or the first one at which the running
/// sum of what is kept exceeds u times its total.
struct DrawPitch {
  const float* kept = nullptr;  ///< [rows, V]
  const int* best = nullptr;    ///< [rows] of the highest merit
  PiecesView pieces;            ///< voices and progress are read
  int* pitch = nullptr;         ///< [rows]
  double* u = nullptr;          ///< [rows] NaN where none was drawn
  int candidates = 0;
};

/// The definitions, in double.
void cut_tail_ref(const CutTail& op);
void merit_ref(const Merit& op);
void draw_pitch_ref(const DrawPitch& op);

inline namespace AFFETTO_PLATFORM {

/// Enqueue the operations; the operands are device pointers.
/// @throws std::invalid_argument for no elements, CudaError if the launch is refused
void cut_tail(const CutTail& op, StreamRef stream);
void merit(const Merit& op, StreamRef stream);
void draw_pitch(const DrawPitch& op, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
