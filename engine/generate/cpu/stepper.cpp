#include "engine/generate/cpu/stepper.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace engine::cpu {
namespace {

struct Range {
  int first, last;
};

Range part_of(int size, int index, int count) {
  return {static_cast<int>(std::int64_t{size} * index / count),
          static_cast<int>(std::int64_t{size} * (index + 1) / count)};
}

int ceil_divide(int a, int b) { return (a + b - 1) / b; }

/// Into how many parts the unit groups are cut; the columns are cut into threads / that.
int group_parts(int groups, int columns, int threads) {
  int best = 1, least = groups * columns + 1;
  for (int parts = threads; parts >= 1; --parts) {  // on a tie, groups: each thread then reads its own weights only
    if (threads % parts != 0) continue;
    const int work = ceil_divide(groups, parts) * ceil_divide(columns, threads / parts);
    if (work < least) {
      least = work;
      best = parts;
    }
  }
  return best;
}

/// The same among threads of which the first comes later, so that all are done at the same time.
Range part_beside_leader(int size, const Share& share) {
  const int others = share.count - 1;
  const double fair = (1 - others * share.lead) / share.count;
  const int first = std::clamp(static_cast<int>(std::lround(fair * size)), 0, size / share.count);
  if (share.index == 0) return {0, first};
  const Range rest = part_of(size - first, share.index - 1, others);
  return {first + rest.first, first + rest.last};
}

struct Awaited {
  const kernels::Barrier* barrier;
  unsigned signals;
};

bool notes_are_taken(const void* context) {
  const auto& awaited = *static_cast<const Awaited*>(context);
  return awaited.barrier->await_signals(awaited.signals);
}

float field_value(const Note& note, Field field) {
  return field == Field::pitch ? static_cast<float>(note.pitch) : field == Field::step ? note.step_s : note.duration_s;
}

}  // namespace

Stepper::Stepper(const Network& network, const PieceLayout& layout, int pieces) : network_(network), layout_(layout) {
  running_.reserve(static_cast<std::size_t>(pieces) * layout.columns);
  starting_.reserve(static_cast<std::size_t>(pieces));
  dense_.reserve(static_cast<std::size_t>(pieces));
  rows_.resize(network.inputs().size());
  scales_.resize(network.inputs().size());
}

void Stepper::read(std::span<Piece* const> pieces) {
  const int top = static_cast<int>(network_.layers().size()) - 1;
  for (const ReadoutLayer& layer : network_.readout()) {
    dense_.clear();
    for (Piece* piece : pieces) {
      const float* from =
          layer.from == ReadoutLayer::kFromState ? piece->h(piece->oldest(), top) : piece->readout() + layer.from;
      dense_.push_back({.x = from, .y = piece->readout() + layer.to});
    }
    network_.steps().dense({.weights = layer.dense.weights.view(),
                            .bias = layer.dense.bias.data(),
                            .terms = layer.dense.terms,
                            .first_group = 0,
                            .last_group = layer.dense.groups,
                            .columns = dense_.data(),
                            .count = static_cast<int>(dense_.size())});
    if (layer.activation == Activation::linear) continue;
    const auto curve = layer.activation == Activation::relu ? kernels::Curve::relu : kernels::Curve::tanh;
    for (Piece* piece : pieces) network_.steps().activate(curve, piece->readout() + layer.to, layer.dense.size);
  }
}

void Stepper::take(Piece& piece, const Note& note) {
  piece.remember(note);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const InputRows& input = network_.inputs()[i];
    const int row = input.table ? std::min<int>(note.pitch, input.classes - 1) : 0;
    rows_[i] = input.rows.data() + static_cast<std::size_t>(row) * network_.gates_size();
    scales_[i] = input.table ? 1.0f : input.scale * field_value(note, input.field);
  }
  network_.steps().sum_rows({.rows = rows_.data(),
                             .scales = scales_.data(),
                             .count = static_cast<int>(rows_.size()),
                             .out = piece.input(),
                             .size = network_.gates_size()});
  if (!piece.starts()) return;
  for (std::size_t l = 0; l < network_.layers().size(); ++l) {
    std::memset(piece.c(piece.starting(), static_cast<int>(l)), 0, sizeof(float) * layout_.width[l]);
  }
}

kernels::LstmColumn Stepper::column_of(Piece& piece, int column, int layer) const {
  return {.x = layer == 0 ? nullptr : piece.next_h(column, layer - 1),
          .h = piece.h(column, layer),
          .input = layer == 0 ? piece.input() : nullptr,
          .c = piece.c(column, layer),
          .h_out = piece.next_h(column, layer)};
}

void Stepper::list_columns(std::span<Piece* const> pieces, int layer) {
  running_.clear();
  starting_.clear();
  for (Piece* piece : pieces) {
    piece->each_running([&](int column) { running_.push_back(column_of(*piece, column, layer)); });
    if (piece->starts()) starting_.push_back(column_of(*piece, piece->starting(), layer));
  }
}

void Stepper::run_layer(int layer, const std::vector<kernels::LstmColumn>& columns, bool from_zero, const Share& share,
                        unsigned signals) const {
  if (columns.empty()) return;
  const kernels::PackedLstm& packed = network_.layers()[layer];
  const int count = static_cast<int>(columns.size());
  const int parts = group_parts(packed.groups, count, share.count);
  const bool leads = layer == 0 && share.lead > 0 && parts == share.count && parts > 1;
  const Range groups =
      leads ? part_beside_leader(packed.groups, share) : part_of(packed.groups, share.index % parts, parts);
  const Range mine = part_of(count, share.index / parts, share.count / parts);
  const bool waits = layer == 0 && share.index > 0 && !share.alone();
  const Awaited awaited{share.barrier, signals};
  network_.steps().lstm({.weights = packed.weights.view(),
                         .bias = packed.bias.data(),
                         .below = packed.below,
                         .hidden = packed.hidden,
                         .x_terms = packed.below,
                         .h_terms = from_zero ? 0 : packed.hidden,
                         .first_group = groups.first,
                         .last_group = groups.last,
                         .columns = columns.data() + mine.first,
                         .count = mine.last - mine.first,
                         .ready = waits ? notes_are_taken : nullptr,
                         .context = &awaited});
}

bool Stepper::step(std::span<Piece* const> pieces, const Share& share, unsigned signals) {
  const auto commit = [&] {
    for (Piece* piece : pieces) piece->commit();
  };
  const int layers = static_cast<int>(network_.layers().size());
  for (int layer = 0; layer < layers; ++layer) {
    list_columns(pieces, layer);
    run_layer(layer, running_, false, share, signals);
    run_layer(layer, starting_, true, share, signals);
    if (!(layer == layers - 1 ? share.meet(commit) : share.meet([] {}))) return false;
  }
  return true;
}

}  // namespace engine::cpu
