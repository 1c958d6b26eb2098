// What unfused, pointwise, cell and window share: a note is network steps, the readout, and choosing; the launches of
// one note are captured once and replayed.
#pragma once

#include "kernels/generate/rung.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/graph.h"

namespace kernels {

/// Step number of the one step that feeds a new note to a carried state; 0 .. W - 1 replay a window. A piece with n < W
/// notes sits out the first W - n of those, so that all end together.
inline constexpr int kFeedStep = -1;

inline namespace AFFETTO_PLATFORM {

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

 private:
  void check(const PiecesView& pieces) const;
  void note(const PiecesView& pieces, const OutputView& output);

  const char* name_;
  NetworkView network_;
  ClustersView clusters_;
  int slots_;
  StreamRef stream_;
  bool graphs_;
  DeviceBuffer<int> pitch_;
  Graph graph_;  // of one note, for the views below
  PiecesView pieces_;
  OutputView output_;
};

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
