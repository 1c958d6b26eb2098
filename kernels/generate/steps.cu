#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/generate/choose.h"
#include "kernels/generate/steps.h"

namespace kernels::inline AFFETTO_PLATFORM {

PiecesView some_pieces(const PiecesView& pieces, const NetworkView& network, int first, int count) {
  PiecesView some = pieces;
  const auto at = static_cast<std::ptrdiff_t>(first);
  some.voices += at;
  some.progress += at;
  some.window += at * network.window;
  for (int l = 0; l < network.layer_count; ++l) {
    some.h[l] += at * network.layers[l].hidden;
    some.c[l] += at * network.layers[l].hidden;
  }
  some.readout += at * network.readout_size;
  some.rows = count;
  return some;
}

ComposedSteps::ComposedSteps(const char* name, const NetworkView& network, const ClustersView& clusters, int slots,
                             StreamRef stream, bool graphs)
    : name_(name), network_(network), clusters_(clusters), slots_(slots), stream_(stream), graphs_(graphs) {
  if (slots < 1)
    throw std::invalid_argument(std::string("rung ") + name + ": slots = " + std::to_string(slots) + "; at least 1");
  pitch_ = DeviceBuffer<int>(stream, this->slots());
}

void ComposedSteps::check(const PiecesView& pieces) const {
  if (pieces.rows < 1 || pieces.rows > slots_) {
    throw std::invalid_argument(std::string("rung ") + name_ + ": rows = " + std::to_string(pieces.rows) +
                                "; 1 to the " + std::to_string(slots_) + " slots it was made for");
  }
}

/// body(pieces of the group, its number)
template <class Body>
void ComposedSteps::each_group(const PiecesView& pieces, Asked asked, const Body& body) {
  check(pieces);
  const int most = group_rows();
  for (int number = 0; number * most < pieces.rows; ++number) {
    const int first = number * most;
    const PiecesView group = some_pieces(pieces, network_, first, std::min(most, pieces.rows - first));
    enter(group, asked);
    body(group, static_cast<std::size_t>(number));
    leave(group, asked);
  }
}

void ComposedSteps::feed(const PiecesView& pieces) {
  each_group(pieces, Asked::feed, [&](const PiecesView& group, std::size_t) { step(group, kFeedStep); });
}

void ComposedSteps::replay(const PiecesView& pieces) {
  for (int number = 0; number < network_.window; ++number) step(pieces, number);
}

void ComposedSteps::read(const PiecesView& pieces) {
  each_group(pieces, Asked::read, [&](const PiecesView& group, std::size_t) {
    if (!network_.carry) replay(group);
    readout(group);
  });
}

void ComposedSteps::choose(const PiecesView& pieces, const OutputView& output) {
  const ChooseOp op{network_, clusters_, pieces, output, pitch_.data()};
  choose_pitch(op, stream_);
  modulate(op, stream_);
}

void ComposedSteps::note(const PiecesView& pieces, const OutputView& output) {
  if (!network_.carry) replay(pieces);
  readout(pieces);
  choose(pieces, output);
  if (network_.carry) step(pieces, kFeedStep);
}

void ComposedSteps::replay_note(Captured& captured, const PiecesView& pieces, const OutputView& output, int notes) {
  if (captured.graph.empty() || pieces != captured.pieces || output != captured.output) {
    GraphCapture capture(stream_);
    note(pieces, output);
    captured = {pieces, output, capture.finish()};
  }
  for (int i = 0; i < notes; ++i) captured.graph.replay(stream_);
}

void ComposedSteps::advance(const PiecesView& pieces, const OutputView& output, int notes) {
  each_group(pieces, Asked::advance, [&](const PiecesView& group, std::size_t number) {
    if (!graphs_) {
      for (int i = 0; i < notes; ++i) note(group, output);
      return;
    }
    if (number >= captured_.size()) captured_.resize(number + 1);
    replay_note(captured_[number], group, output, notes);
  });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
