#include "engine/generate/cpu/piece.h"

#include <algorithm>
#include <cstring>

namespace engine::cpu {

PieceLayout::PieceLayout(const Network& network, StateMode mode)
    : windowed(mode == StateMode::window),
      columns(windowed ? network.spec().window : 1),
      window(network.spec().window) {
  const int lanes = network.steps().lanes;
  int place = 0;
  for (const kernels::PackedLstm& layer : network.layers()) {
    layer_at.push_back(place);
    width.push_back(layer.groups * lanes);
    place += 3 * width.back();
  }
  // an odd number of cache lines per column, so that the columns of a tile do not fall into the same cache sets
  constexpr int kLine = 16;
  const int lines = kernels::padded(place, kLine) / kLine;
  column_size = static_cast<std::size_t>(lines + 1 - lines % 2) * kLine;
  input_at = column_size * columns;
  readout_at = input_at + network.gates_size();
  // the blend reads logits in whole registers, also where they end in the middle of one
  steps_at = readout_at + network.readout_size() + network.padded_candidates();
  durations_at = steps_at + kernels::padded(window, kLine);
  size = durations_at + kernels::padded(window, kLine);
}

Piece::Piece(const PieceLayout& layout)
    : layout_(&layout), memory_(layout.size), pitches_(static_cast<std::size_t>(layout.window)) {}

void Piece::clear() {
  notes_ = 0;
  pitch_sum_ = pitch_squares_ = 0;
  parity_ = 0;
  std::memset(memory_.data(), 0, layout_->size * sizeof(float));
}

void Piece::copy_from(const Piece& other) {
  std::memcpy(memory_.data(), other.memory_.data(), layout_->size * sizeof(float));
  std::ranges::copy(other.pitches_, pitches_.begin());
  notes_ = other.notes_;
  pitch_sum_ = other.pitch_sum_;
  pitch_squares_ = other.pitch_squares_;
  parity_ = other.parity_;
}

void Piece::remember(const Note& note) {
  const auto place = static_cast<std::size_t>(notes_ % layout_->window);
  const std::int64_t pitch = note.pitch;
  if (notes_ >= layout_->window) {
    const std::int64_t left = pitches_[place];
    pitch_sum_ -= left;
    pitch_squares_ -= left * left;
  }
  pitch_sum_ += pitch;
  pitch_squares_ += pitch * pitch;
  pitches_[place] = note.pitch;
  memory_.data()[layout_->steps_at + place] = note.step_s;
  memory_.data()[layout_->durations_at + place] = note.duration_s;
}

void Piece::commit() {
  ++notes_;
  parity_ = 1 - parity_;
}

int Piece::window_notes() const { return static_cast<int>(std::min<std::int64_t>(notes_, layout_->window)); }

int Piece::oldest() const {
  return layout_->windowed && notes_ >= layout_->columns ? static_cast<int>(notes_ % layout_->columns) : 0;
}

int Piece::starting() const { return layout_->windowed ? static_cast<int>(notes_ % layout_->columns) : 0; }

}  // namespace engine::cpu
