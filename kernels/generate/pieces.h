// Pieces under way, as the kernels of the ladder see them. A slot holds one piece; kernels look at slots 0 .. rows - 1
// and leave alone those with nothing left to write.
#pragma once

#include <cstdint>

namespace kernels {

/// A note as a piece remembers it and as it leaves the device.
struct Played {
  float step = 0, duration = 0;  ///< seconds, >= 0, after modulation
  std::int32_t pitch = 0;        ///< candidate
};

/// An expression, ready for use: what does not change from note to note.
struct VoiceView {
  std::uint64_t seed = 0, index = 0;
  double gamma = 0, delta = 0;                ///< of the modulation, where drawn once per piece
  double sigma_step = 0, sigma_duration = 0;  ///< where drawn for every note
  float alpha = 0, beta = 1;                  ///< divided by the temperature
  float top_p = 1;                            ///< 1: no cut
  std::int32_t top_k = 0;                     ///< 0: no cut
  std::int32_t label = 0;                     ///< of the encloser: +1 happy, -1 sad, 0 leaves it out
  std::int32_t pace = 0;                      ///< of the modulation: +1, -1, or 0
  std::int32_t greedy = 0, gumbel = 0, note_draw = 0, folded = 1;  ///< flags
};

/// Where a piece stands. Choosing a note (the last kernel of it) writes note number `consumed` into the window and the
/// output, then ++consumed, ++written, ++out_at, --left and fresh = 1; where nothing was left, fresh = 0 and no more.
struct Progress {
  std::int64_t consumed = 0;  ///< notes in the piece so far, primer included
  std::uint32_t written = 0;  ///< notes chosen since the piece began: the note word of the random counter
  std::int32_t left = 0;      ///< notes still to choose in this advance; 0: reading and choosing pass this piece over
  std::int32_t out_at = 0;    ///< where the next one goes in Output::notes
  std::int32_t fresh = 0;  ///< 1: note consumed - 1 is new and waits to be fed (carry mode); 0: feeding passes it over
  std::int32_t fault = 0;  ///< 0, or what was not finite: 1 pitch logits, 2 step or duration; the piece then stops
                           ///< (left = 0, fresh = 0, nothing written)
};

struct PiecesView {
  VoiceView* voices = nullptr;   ///< [slots]
  Progress* progress = nullptr;  ///< [slots]
  Played* window = nullptr;      ///< [slots, W] ring: the piece's note n is at n mod W
  float* h[4] = {};              ///< per layer [slots, H]: after the last consumed note (carry), else scratch
  float* c[4] = {};              ///< per layer [slots, H]
  float* readout = nullptr;      ///< [slots, readout_size]
  int rows = 0;                  ///< slots to look at
  friend bool operator==(const PiecesView&, const PiecesView&) = default;
};

/// What was chosen, and how. All pointers but notes may be null: then nothing of the kind is written.
struct OutputView {
  Played* notes = nullptr;         ///< [notes]
  float* logits = nullptr;         ///< [notes, V]
  float* scores = nullptr;         ///< [notes, V]; untouched where the encloser is out
  float* probabilities = nullptr;  ///< [notes, V] weights after the cut over the total before it
  double* u = nullptr;             ///< [notes] NaN where none was drawn
  float* predicted = nullptr;      ///< [notes, 2] step and duration, clamped at 0
  double* modulation = nullptr;    ///< [notes, 2] gamma and delta
  friend bool operator==(const OutputView&, const OutputView&) = default;
};

}  // namespace kernels
