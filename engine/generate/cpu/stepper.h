// Advances pieces together: their columns are tiled across pieces, and may be shared out among threads.
#pragma once

#include <span>
#include <vector>

#include "engine/generate/cpu/network.h"
#include "engine/generate/cpu/piece.h"
#include "kernels/cpu/team.h"

namespace engine::cpu {

/// A thread's part of work that several do together on the same pieces.
struct Share {
  int index = 0, count = 1;
  kernels::Barrier* barrier = nullptr;  ///< null: alone
  double lead = 0;  ///< what the first has to do before it joins in, as a fraction of the first layer's whole work

  bool alone() const { return barrier == nullptr || count == 1; }
  /// Waits for the others; the last to come calls last(). False: one of them failed, leave.
  template <class Last>
  bool meet(const Last& last) const {
    if (barrier != nullptr) return barrier->wait(last);
    last();
    return true;
  }
};

/// One thread's scratch. Nothing is allocated after construction.
class Stepper {
 public:
  /// @param pieces  most pieces that are ever advanced together
  Stepper(const Network& network, const PieceLayout& layout, int pieces);

  /// The heads' outputs of each piece, into its readout memory.
  void read(std::span<Piece* const> pieces);
  /// A note enters a piece: its window, its rows of the input, a zero column. Follow with step().
  void take(Piece& piece, const Note& note);
  /// All layers of all pieces by one note, and commit() of each; every thread calls it with its share. The first calls
  /// it when the notes are taken and that is signalled, the others at any time: they begin with what needs no note.
  /// @param signals  how many signals the barrier has had once the notes are taken
  /// @return false if another thread failed
  bool step(std::span<Piece* const> pieces, const Share& share, unsigned signals);

 private:
  void list_columns(std::span<Piece* const> pieces, int layer);
  void run_layer(int layer, const std::vector<kernels::LstmColumn>& columns, bool from_zero, const Share& share,
                 unsigned signals) const;
  kernels::LstmColumn column_of(Piece& piece, int column, int layer) const;

  const Network& network_;
  const PieceLayout& layout_;
  std::vector<kernels::LstmColumn> running_, starting_;
  std::vector<kernels::DenseColumn> dense_;
  std::vector<const float*> rows_;
  std::vector<float> scales_;
};

}  // namespace engine::cpu
