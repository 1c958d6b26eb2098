// What unfused, pointwise, cell and window share: a note is network steps, the readout, and choosing; the launches of
// one note are captured once and replayed.
#pragma once

#include <vector>

#include "kernels/generate/rung.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/graph.h"

namespace kernels {

/// Step number of the one step that feeds a new note to a carried state; 0 .. W - 1 replay a window. A piece with n < W
/// notes sits out the first W - n of those, so that all end together.
inline constexpr int kFeedStep = -1;

inline namespace AFFETTO_PLATFORM {

/// Slots first .. first + count - 1 as a view of their own.
PiecesView some_pieces(const PiecesView& pieces, const NetworkView& network, int first, int count);

class ComposedSteps : public Steps {
 public:
  void advance(const PiecesView& pieces, const OutputView& output, int notes) final;
  void feed(const PiecesView& pieces) final;
  void read(const PiecesView& pieces) final;

 protected:
  ComposedSteps(const char* name, const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream,
                bool graphs);
  const NetworkView& network() const { return network_; }
  const ClustersView& clusters() const { return clusters_; }
  StreamRef stream() const { return stream_; }
  std::size_t slots() const { return static_cast<std::size_t>(slots_); }

  /// Enqueues one step of all layers, for the pieces that take part in it.
  virtual void step(const PiecesView& pieces, int number) = 0;
  /// Enqueues all steps of the window.
  virtual void replay(const PiecesView& pieces);
  /// Enqueues the readout rows of the pieces with notes left, from their state.
  virtual void readout(const PiecesView& pieces) = 0;
  /// Enqueues everything from readout rows to played notes.
  virtual void choose(const PiecesView& pieces, const OutputView& output);
  /// Enqueues one note of all pieces.
  virtual void note(const PiecesView& pieces, const OutputView& output);

  /// What is asked of a group of pieces.
  enum class Asked { advance, feed, read };
  /// Pieces of a group: all notes of one group come before those of the next.
  virtual int group_rows() const { return slots_; }
  /// Enqueues what comes before, and after, all that is asked of a group; no part of a note's graph.
  virtual void enter(const PiecesView&, Asked) {}
  virtual void leave(const PiecesView&, Asked) {}

 private:
  /// A group's note, ready to be replayed for these views.
  struct Captured {
    PiecesView pieces;
    OutputView output;
    Graph graph;
  };
  void check(const PiecesView& pieces) const;
  template <class Body>
  void each_group(const PiecesView& pieces, Asked asked, const Body& body);
  void replay_note(Captured& captured, const PiecesView& pieces, const OutputView& output, int notes);

  const char* name_;
  NetworkView network_;
  ClustersView clusters_;
  int slots_;
  StreamRef stream_;
  bool graphs_;
  DeviceBuffer<int> pitch_;
  std::vector<Captured> captured_;  // one for each group
};

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
