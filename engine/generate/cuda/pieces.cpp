#include "engine/generate/cuda/pieces.h"

#include <algorithm>

namespace engine::AFFETTO_PLATFORM {

PieceMemory::PieceMemory(const kernels::NetworkView& network, int count, kernels::StreamRef stream)
    : window(stream, static_cast<std::size_t>(count) * network.window) {
  for (int l = 0; l < network.layer_count; ++l) {
    h.emplace_back(stream, static_cast<std::size_t>(count) * network.layers[l].hidden);
    c.emplace_back(stream, static_cast<std::size_t>(count) * network.layers[l].hidden);
  }
}

void PieceMemory::show(kernels::PiecesView& view) const {
  view.window = window.data();
  for (std::size_t l = 0; l < h.size(); ++l) {
    view.h[l] = h[l].data();
    view.c[l] = c[l].data();
  }
}

DevicePieces::DevicePieces(const kernels::NetworkView& network, int slots, kernels::StreamRef stream)
    : network_(network),
      stream_(stream),
      memory_(network, slots, stream),
      voices_(stream, static_cast<std::size_t>(slots)),
      progress_(stream, static_cast<std::size_t>(slots)),
      readout_(stream, static_cast<std::size_t>(slots) * network.readout_size),
      seats_(stream, static_cast<std::size_t>(slots)),
      voices_host_(static_cast<std::size_t>(slots)),
      progress_host_(static_cast<std::size_t>(slots)),
      progress_back_(static_cast<std::size_t>(slots)),
      seats_host_(static_cast<std::size_t>(slots)),
      starts_(static_cast<std::size_t>(slots)) {
  seated_.reserve(static_cast<std::size_t>(slots));
  for (std::size_t slot = 0; slot < starts_.size(); ++slot) {
    voices_host_[slot] = {};
    progress_host_[slot] = {};
  }
}

void DevicePieces::sit(int slot, std::shared_ptr<const DevicePrimed> start, const Voice& voice) {
  progress(slot) = {.consumed = start->consumed};
  starts_[static_cast<std::size_t>(slot)] = std::move(start);
  speak(slot, voice);
}

void DevicePieces::speak(int slot, const Voice& voice) {
  voices_host_[static_cast<std::size_t>(slot)] = view_of(voice);
  voices_changed_ = true;
}

void DevicePieces::upload_seats(const kernels::PiecesView& view) {
  seated_.clear();
  for (std::size_t slot = 0; slot < static_cast<std::size_t>(view.rows); ++slot) {
    if (!starts_[slot]) continue;
    kernels::PiecesView start;
    starts_[slot]->memory.show(start);
    kernels::Seat& seat = seats_host_[seated_.size()];
    seat = {.slot = static_cast<int>(slot), .window = start.window};
    for (int l = 0; l < network_.layer_count; ++l) {
      seat.h[l] = start.h[l];
      seat.c[l] = start.c[l];
    }
    seated_.push_back(std::move(starts_[slot]));
  }
  if (seated_.empty()) return;
  seats_.upload(seats_host_.span().first(seated_.size()));
  kernels::seat(
      {.seats = seats_.data(), .count = static_cast<int>(seated_.size()), .network = network_, .pieces = view},
      stream_);
}

kernels::PiecesView DevicePieces::upload(int rows) {
  kernels::PiecesView view{
      .voices = voices_.data(), .progress = progress_.data(), .readout = readout_.data(), .rows = rows};
  memory_.show(view);
  const auto count = static_cast<std::size_t>(rows);
  if (voices_changed_) voices_.upload(voices_host_.span());
  voices_changed_ = false;
  progress_.upload(progress_host_.span().first(count));
  upload_seats(view);
  return view;
}

void DevicePieces::download(int rows) {
  coming_ = static_cast<std::size_t>(rows);
  progress_.download(progress_back_.span().first(coming_));
}

void DevicePieces::receive() {
  std::ranges::copy(progress_back_.span().first(coming_), progress_host_.span().begin());
  coming_ = 0;
}

}  // namespace engine::AFFETTO_PLATFORM
