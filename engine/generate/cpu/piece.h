// One piece under way: its network states and its window of notes. A plain value in one block of memory, so that a
// primed start is copied into a slot as it is.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/note.h"
#include "engine/generate/cpu/network.h"

namespace engine::cpu {

/// Where things lie in a piece's memory, the same for every piece of a network and state mode.
struct PieceLayout {
  PieceLayout(const Network& network, StateMode mode);

  bool windowed;              ///< W staggered columns, else one that carries on
  int columns;                ///< W or 1
  int window;                 ///< W, notes that the features look at
  std::vector<int> layer_at;  ///< of a layer within a column: h even, h odd, c, each `width`
  std::vector<int> width;     ///< of a layer: whole groups
  std::size_t column_size;    ///< floats
  std::size_t input_at, readout_at, steps_at, durations_at, size;  ///< floats
};

class Piece {
 public:
  Piece() = default;
  /// @throws std::bad_alloc
  explicit Piece(const PieceLayout& layout);

  /// Back to no notes at all.
  void clear();
  void copy_from(const Piece& other);

  /// Takes a note into the window; the columns are advanced by Stepper, then commit() counts it.
  void remember(const Note& note);
  void commit();

  std::int64_t notes() const { return notes_; }  ///< consumed since the start
  int window_notes() const;                      ///< min(W, notes)
  /// The column that has consumed min(W, notes) notes (or all, in carry mode); nothing has been consumed at all: any.
  int oldest() const;
  /// Columns that go on with the coming note: all that hold 1 to W-1 notes. Calls visit(column).
  template <class Visit>
  void each_running(const Visit& visit) const;
  /// The column that starts with the coming note, from zero.
  int starting() const;
  bool starts() const { return layout_->windowed || notes_ == 0; }

  /// Output of a layer after the notes consumed so far, and where the coming note's goes.
  const float* h(int column, int layer) const { return memory_.data() + place(column, layer, parity_); }
  float* next_h(int column, int layer) { return memory_.data() + place(column, layer, 1 - parity_); }
  float* c(int column, int layer) { return memory_.data() + place(column, layer, 2); }
  float* input() { return memory_.data() + layout_->input_at; }
  float* readout() { return memory_.data() + layout_->readout_at; }
  const float* readout() const { return memory_.data() + layout_->readout_at; }
  const float* steps() const { return memory_.data() + layout_->steps_at; }
  const float* durations() const { return memory_.data() + layout_->durations_at; }
  const std::vector<std::uint8_t>& pitches() const { return pitches_; }
  std::int64_t pitch_sum() const { return pitch_sum_; }
  std::int64_t pitch_squares() const { return pitch_squares_; }

 private:
  std::size_t place(int column, int layer, int part) const {
    return column * layout_->column_size +
           static_cast<std::size_t>(layout_->layer_at[layer] + part * layout_->width[layer]);
  }

  const PieceLayout* layout_ = nullptr;
  kernels::AlignedFloats memory_;
  std::vector<std::uint8_t> pitches_;  ///< ring of W, as steps and durations are
  std::int64_t notes_ = 0;
  std::int64_t pitch_sum_ = 0, pitch_squares_ = 0;  ///< over the window
  int parity_ = 0;
};

template <class Visit>
void Piece::each_running(const Visit& visit) const {
  if (!layout_->windowed) {
    if (notes_ > 0) visit(0);
    return;
  }
  const int fresh = starting();
  const int alive = notes_ < layout_->columns ? static_cast<int>(notes_) : layout_->columns;
  for (int column = 0; column < alive; ++column) {
    if (column != fresh) visit(column);
  }
}

}  // namespace engine::cpu
