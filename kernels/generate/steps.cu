#include <stdexcept>
#include <string>

#include "kernels/generate/choose.h"
#include "kernels/generate/steps.h"

namespace kernels::inline AFFETTO_PLATFORM {

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

void ComposedSteps::feed(const PiecesView& pieces) {
  check(pieces);
  step(pieces, kFeedStep);
}

void ComposedSteps::replay(const PiecesView& pieces) {
  for (int number = 0; number < network_.window; ++number) step(pieces, number);
}

void ComposedSteps::read(const PiecesView& pieces) {
  check(pieces);
  if (!network_.carry) replay(pieces);
  readout(pieces);
}

void ComposedSteps::choose(const PiecesView& pieces, const OutputView& output) {
  const ChooseOp op{network_, clusters_, pieces, output, pitch_.data()};
  choose_pitch(op, stream_);
  modulate(op, stream_);
}

void ComposedSteps::note(const PiecesView& pieces, const OutputView& output) {
  read(pieces);
  choose(pieces, output);
  if (network_.carry) feed(pieces);
}

void ComposedSteps::advance(const PiecesView& pieces, const OutputView& output, int notes) {
  check(pieces);
  if (!graphs_) {
    for (int i = 0; i < notes; ++i) note(pieces, output);
    return;
  }
  if (graph_.empty() || pieces != pieces_ || output != output_) {
    GraphCapture capture(stream_);
    note(pieces, output);
    graph_ = capture.finish();
    pieces_ = pieces;
    output_ = output;
  }
  for (int i = 0; i < notes; ++i) graph_.replay(stream_);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
