#include "engine/generate/cuda/reader.h"

#include <algorithm>

namespace engine::AFFETTO_PLATFORM {

PrimerReader::PrimerReader(const kernels::NetworkView& network, kernels::StreamRef stream)
    : network_(network), stream_(stream) {
  if (!network.carry) return;
  steps_ = kernels::make_steps(kernels::Fusion::cell, network, {}, 1, stream, /*graphs=*/false);
  progress_ = {stream, static_cast<std::size_t>(network.window)};
  voice_ = {stream, 1};
  readout_ = {stream, static_cast<std::size_t>(network.readout_size)};
}

void PrimerReader::read(std::span<const Note> primer, DevicePrimed& start) {
  start.consumed = static_cast<std::int64_t>(primer.size());
  if (network_.carry && !primer.empty()) feed(primer, start);
  const std::vector<kernels::Played> ring = ring_of(primer, network_.window);
  const kernels::WaitAtExit upload(stream_);
  start.memory.window.upload(ring);
  stream_.synchronize();
}

/// A ring's worth of notes is uploaded at once and read note by note.
void PrimerReader::feed(std::span<const Note> primer, DevicePrimed& start) {
  kernels::PiecesView view{.voices = voice_.data(), .readout = readout_.data(), .rows = 1};
  start.memory.show(view);
  const auto window = static_cast<std::size_t>(network_.window);
  std::vector<kernels::Progress> progress(window);
  for (std::size_t first = 0; first < primer.size(); first += window) {
    const std::size_t count = std::min(window, primer.size() - first);
    const std::vector<kernels::Played> ring = ring_of(primer.first(first + count), network_.window);
    for (std::size_t i = 0; i < count; ++i) {
      progress[i] = {.consumed = static_cast<std::int64_t>(first + i + 1), .fresh = 1};
    }
    const kernels::WaitAtExit uploads(stream_);
    start.memory.window.upload(ring);
    progress_.upload(std::span(progress).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      view.progress = progress_.data() + i;
      steps_->feed(view);
    }
    stream_.synchronize();  // before the next round writes over ring and progress
  }
}

}  // namespace engine::AFFETTO_PLATFORM
