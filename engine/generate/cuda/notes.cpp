#include "engine/generate/cuda/notes.h"

#include <cmath>
#include <cstddef>

namespace engine::AFFETTO_PLATFORM {

template <typename T>
void NoteBlock::Traced<T>::reserve(std::size_t size, kernels::StreamRef stream) {
  if (host.size() >= size) return;
  device = kernels::DeviceBuffer<T>(stream, size);
  host.resize(size);
}

NoteBlock::NoteBlock(const kernels::NetworkView& network, int slots, int block, kernels::StreamRef stream)
    : stream_(stream),
      candidates_(static_cast<std::size_t>(network.candidates)),
      device_(stream, static_cast<std::size_t>(slots) * block),
      host_(static_cast<std::size_t>(slots) * block) {}

kernels::OutputView NoteBlock::begin(int total, bool traced) {
  traced_ = traced;
  kernels::OutputView view{.notes = device_.data()};
  if (!traced) return view;
  const auto notes = static_cast<std::size_t>(total);
  for (Traced<float>* wide : {&logits_, &scores_, &probabilities_}) wide->reserve(notes * candidates_, stream_);
  predicted_.reserve(notes * 2, stream_);
  modulation_.reserve(notes * 2, stream_);
  u_.reserve(notes, stream_);
  scores_.device.fill(0xff);  // NaN stays where no score was given
  view.logits = logits_.device.data();
  view.scores = scores_.device.data();
  view.probabilities = probabilities_.device.data();
  view.predicted = predicted_.device.data();
  view.modulation = modulation_.device.data();
  view.u = u_.device.data();
  return view;
}

void NoteBlock::download(int total) {
  const auto notes = static_cast<std::size_t>(total);
  device_.download(host_.span().first(notes));
  if (!traced_) return;
  const auto fetch = [](auto& traced, std::size_t count) {
    traced.device.download(std::span(traced.host).first(count));
  };
  fetch(logits_, notes * candidates_);
  fetch(scores_, notes * candidates_);
  fetch(probabilities_, notes * candidates_);
  fetch(predicted_, notes * 2);
  fetch(modulation_, notes * 2);
  fetch(u_, notes);
}

void NoteBlock::fill_trace(int at, NoteTrace& trace) const {
  const auto row = [&](const std::vector<float>& all) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(at) * candidates_);
    return std::vector<float>(first, first + static_cast<std::ptrdiff_t>(candidates_));
  };
  const auto note = static_cast<std::size_t>(at);
  trace.logits = row(logits_.host);
  trace.scores = row(scores_.host);
  if (std::isnan(trace.scores.front())) trace.scores.clear();  // the encloser was out
  trace.probabilities = row(probabilities_.host);
  trace.u = u_.host[note];
  trace.step_predicted = predicted_.host[2 * note];
  trace.duration_predicted = predicted_.host[2 * note + 1];
  trace.gamma = modulation_.host[2 * note];
  trace.delta = modulation_.host[2 * note + 1];
}

}  // namespace engine::AFFETTO_PLATFORM
