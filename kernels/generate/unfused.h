// The rung `unfused`: each operation of the definition a kernel of its own (kernels/ops and below), products by a
// library, every intermediate number in memory.
#pragma once

#include <memory>

#include "kernels/generate/rung.h"

namespace kernels {

/// part[row] = 1 for the pieces that take part in a step of the network (steps.h), else 0.
struct MarkStep {
  PiecesView pieces;
  int window = 0, number = 0;  ///< W; of the step: kFeedStep or 0 .. W - 1
  int* part = nullptr;         ///< [rows]
};

/// What the note to be read in a step adds to the first layer's gates, for the pieces that take part.
struct InputRows {
  NetworkView network;
  PiecesView pieces;
  int number = 0;
  float* gates = nullptr;  ///< [rows, 4H]
};

/// part[row] = 1 for the pieces with notes left, else 0.
struct MarkLeft {
  PiecesView pieces;
  int* part = nullptr;  ///< [rows]
};

/// Stops, of the pieces with notes left, those whose step or duration is not finite (fault 2), or one of whose logits,
/// or the highest they are blended to, is not (fault 1).
struct CheckReadout {
  NetworkView network;
  PiecesView pieces;
  const float* highest = nullptr;  ///< [rows] of the blended logits
};

/// gamma of the step and delta of the duration, for this note or, as they are, for the piece.
struct DrawModulation {
  PiecesView pieces;             ///< voices and Progress::written are read
  double* modulation = nullptr;  ///< [rows, 2]
};

/// The note as it is played.
struct PlayNote {
  PiecesView pieces;                   ///< voices are read
  const float* predicted = nullptr;    ///< [rows, 2] step and duration, >= 0
  const double* modulation = nullptr;  ///< [rows, 2]
  const int* pitch = nullptr;          ///< [rows]
  Played* played = nullptr;            ///< [rows]
};

/// Rows of the pieces with notes left, to where their note is in an output.
template <class T>
struct RecordRows {
  const T* from = nullptr;  ///< [rows, columns]
  int from_stride = 0;
  PiecesView pieces;
  T* to = nullptr;  ///< [notes, columns]
  int columns = 0;
  bool scores = false;  ///< only where the encloser is in
};

/// The played note into the window and the output; Progress goes on. Where nothing is left, fresh = 0.
struct WriteNote {
  PiecesView pieces;
  const Played* played = nullptr;  ///< [rows]
  Played* notes = nullptr;         ///< [notes]
  int window = 0;                  ///< W
};

inline namespace AFFETTO_PLATFORM {

void mark_step(const MarkStep& op, StreamRef stream);
void input_rows(const InputRows& op, StreamRef stream);
void mark_left(const MarkLeft& op, StreamRef stream);
void check_readout(const CheckReadout& op, StreamRef stream);
void draw_modulation(const DrawModulation& op, StreamRef stream);
void play_note(const PlayNote& op, StreamRef stream);
void record_rows(const RecordRows<float>& op, StreamRef stream);
void record_rows(const RecordRows<double>& op, StreamRef stream);
void write_note(const WriteNote& op, StreamRef stream);

std::unique_ptr<Steps> make_unfused_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                          StreamRef stream, bool graphs);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
