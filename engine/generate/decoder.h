// A device that writes notes: slots that each hold one piece, advanced together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/data/emotion.h"
#include "engine/data/note.h"
#include "engine/model/sampling.h"

namespace engine {

/// What may change at any note of a running piece.
struct Expression {
  Emotion emotion;
  Sampling sampling;
  std::uint8_t program = 0;  ///< General MIDI instrument of the notes to come
  friend bool operator==(const Expression&, const Expression&) = default;
};

/// With the model, the primer and the expression, all that a piece depends on.
struct PieceKey {
  std::uint64_t seed = 0;
  std::uint64_t index = 0;  ///< of the piece within its batch
};

/// How one note was chosen, for --trace.
struct NoteTrace {
  std::vector<float> logits;                         ///< [candidates] raw
  std::vector<float> scores;                         ///< [candidates] emotion score; empty if the encloser was out
  std::vector<float> probabilities;                  ///< [candidates] after blend, temperature and cut
  double u = 0;                                      ///< the draw; NaN if none was made (greedy, gumbel)
  float step_predicted = 0, duration_predicted = 0;  ///< seconds, clamped at 0
  double gamma = 0, delta = 0;                       ///< modulation of step and duration
};

/// A network's state after a primer: made once, shared by every piece that starts from it.
class Primed {
 public:
  virtual ~Primed() = default;
};

/// One slot's part of an advance.
struct Stretch {
  int slot = 0;
  int notes = 0;               ///< how many to write, >= 1
  Note* out = nullptr;         ///< [notes]
  NoteTrace* trace = nullptr;  ///< [notes], or null
};

/// One thread at a time may call. Bitwise the same notes whatever the other slots hold and however a piece is cut into
/// stretches. Nothing is allocated in advance() unless a trace is asked for.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual int slots() const = 0;
  /// Reads the primer (possibly empty) from zero state.
  virtual std::shared_ptr<const Primed> prime(std::span<const Note> primer) = 0;
  /// Starts a piece in a slot; the note counter is at 0.
  virtual void load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) = 0;
  /// Changes the expression of the piece in a slot, from its next note on.
  virtual void express(int slot, const Expression& expression) = 0;
  /// Writes the next notes of the named slots; each slot at most once.
  virtual void advance(std::span<const Stretch> stretches) = 0;

  /// Whether start() returns before the notes are there, so that the caller has time for other work.
  virtual bool asynchronous() const { return false; }
  /// advance() in two halves: what is named must stay until finish(), which nothing but the destructor may precede.
  virtual void start(std::span<const Stretch> stretches) { advance(stretches); }
  virtual void finish() {}
};

}  // namespace engine
