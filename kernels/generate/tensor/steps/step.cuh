#pragma once

#include "kernels/generate/steps.cuh"
#include "kernels/generate/tensor/cell.cuh"
#include "kernels/generate/tensor/steps/product.cuh"
#include "kernels/generate/tensor/steps/step.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// What a state does in a step.
struct StateStep {
  std::int64_t note = -1;  ///< number of the note to read; -1: it takes no part
  bool from_zero = false;
};

/// Of W staggered states number j begins anew with every note whose number is j mod W. In a replay those take part that
/// begin within it; the others will begin before they are asked.
__device__ inline StateStep staggered_step(const Progress& progress, int window, std::int64_t note, int state) {
  if (state > note) return {};
  const int age = static_cast<int>((note - state) % window);
  return note - age < progress.consumed - window ? StateStep{} : StateStep{note, age == 0};
}

__device__ inline StateStep state_step(const TensorStep& op, int piece, int state) {
  if (op.wanted != nullptr && op.wanted[piece] == 0) return {};
  const Progress& progress = op.progress[piece];
  const RowStep step = row_step(progress, op.window, op.number);
  if (step.note_at < 0) return {};
  const std::int64_t note = op.number == kFeedStep ? progress.consumed - 1 : progress.consumed - op.window + op.number;
  return op.staggered ? staggered_step(progress, op.window, note, state) : StateStep{note, step.from_zero};
}

/// A row of the tile in a step.
struct StepRow {
  std::int64_t state;  ///< its row in memory; -1: it takes no part, and the rest but `at` says nothing
  std::uint16_t* h_after;
  float scaled[kMaxInputs];  ///< what the row of an input is multiplied by
  int at[kMaxInputs];        ///< row of PackedLayer::outer, of inputs that are tables
  bool from_zero;
};

template <class Tile>
struct StepLayout {
  StepStage<Tile> stages[Tile::kStages];
  SourceRow sources[Tile::kRows];
  StepRow rows[Tile::kRows];
};

/// kN neighbours, read and written at once.
template <int kN>
struct alignas(4 * kN) Neighbours {
  float at[kN];
};
template <int kN>
__device__ __forceinline__ Neighbours<kN> neighbours(const float* from) {
  return *reinterpret_cast<const Neighbours<kN>*>(from);
}

/// Row `local` of the tile, by one thread. @return whether it takes part
template <class Tile>
__device__ bool prepare_row(const TensorStep& op, StepLayout<Tile>& s, int local) {
  StepRow& row = s.rows[local];
  SourceRow& source = s.sources[local];
  const std::int64_t state = std::int64_t{blockIdx.x} * Tile::kRows + local;
  const auto piece = static_cast<int>(state / op.states());
  const StateStep step = piece < op.pieces ? state_step(op, piece, static_cast<int>(state % op.states())) : StateStep{};
  row.state = step.note >= 0 ? state : -1;
  source = {};
  for (int i = 0; i < op.input_count; ++i) row.at[i] = 0;  // a row that there is, for what is added to nobody's sums
  if (step.note < 0) return false;
  row.from_zero = step.from_zero;
  row.h_after = op.own.half(step.note + 1) + state * op.own.width;
  if (!step.from_zero) source.first = op.own.half(step.note) + state * op.own.width;
  if (op.below.h != nullptr) source.second = op.below.half(step.note + 1) + state * op.below.width;
  const Played& note = op.ring[std::int64_t{piece} * op.window + step.note % op.window];
  for (int i = 0; i < op.input_count; ++i) {
    const PackedInput& input = op.inputs[i];
    const float value = field_of(note, input.field);
    row.scaled[i] = input.scale * value;
    row.at[i] = input.row + (input.table ? max(0, min(static_cast<int>(value), input.classes - 1)) : 0);
  }
  return true;
}

/// What is added to gate `q` of two neighbouring units: the bias, then the note's inputs in their order.
/// @param w  rows of the inputs that are no tables
__device__ __forceinline__ Neighbours<2> outer_gate(const TensorStep& op, const StepRow& row, const float* from,
                                                    const Neighbours<2>& bias, const Neighbours<2> (&w)[kMaxInputs]) {
  Neighbours<2> outer = bias;
  AFFETTO_UNROLLED
  for (int i = 0; i < kMaxInputs; ++i) {
    if (i >= op.input_count) break;
    const bool table = op.inputs[i].table;
    const Neighbours<2> entry =
        table ? neighbours<2>(from + static_cast<std::int64_t>(row.at[i]) * kGates * op.layer.width) : w[i];
    AFFETTO_UNROLLED
    for (int e = 0; e < 2; ++e) {
      outer.at[e] = table ? outer.at[e] + entry.at[e] : outer.at[e] + row.scaled[i] * entry.at[e];
    }
  }
  return outer;
}

/// sums += bias and what the notes add, in the units of this thread from `unit` on.
template <class Tile>
__device__ __forceinline__ void add_outer(const TensorStep& op, const StepLayout<Tile>& s, const WarpPlace<Tile>& place,
                                          int unit, StepSums<Tile>& sums) {
  AFFETTO_UNROLLED
  for (int gp = 0; gp < Tile::kWarpGroups * kGates; ++gp) {  // a gate of two units at a time: registers are short
    const int g = gp / kGates, q = gp % kGates;
    const float* const from = op.layer.outer + q * op.layer.width + unit + 2 * g;
    const Neighbours<2> bias = neighbours<2>(from);
    Neighbours<2> w[kMaxInputs];
    AFFETTO_UNROLLED
    for (int i = 0; i < kMaxInputs; ++i) {
      if (i < op.input_count) w[i] = neighbours<2>(from + std::int64_t{op.inputs[i].row} * kGates * op.layer.width);
    }
    AFFETTO_UNROLLED
    for (int n = 0; n < 2 * Tile::kRowTiles; ++n) {
      const Neighbours<2> outer = outer_gate(op, s.rows[place.row(n / 2, n % 2)], from, bias, w);
      AFFETTO_UNROLLED
      for (int e = 0; e < 2; ++e) {
        float& sum = sums[n / 2][g][q][n % 2 * 2 + e];
        sum = sum + outer.at[e];
      }
    }
  }
}

/// From gates to the next c and h, of this thread's units from `unit` on.
template <class Tile, class Element>
__device__ __forceinline__ void update_states(const TensorStep& op, const StepLayout<Tile>& s,
                                              const WarpPlace<Tile>& place, int unit, const StepSums<Tile>& sums) {
  constexpr int kN = Tile::kThreadUnits;
  AFFETTO_UNROLLED
  for (int n = 0; n < 2 * Tile::kRowTiles; ++n) {
    const StepRow& row = s.rows[place.row(n / 2, n % 2)];
    if (row.state < 0) continue;
    auto* const c = reinterpret_cast<Neighbours<kN>*>(op.own.c + row.state * op.own.width + unit);
    Neighbours<kN> now{};
    if (!row.from_zero) now = *c;
    std::uint32_t h[kN / 2];
    AFFETTO_UNROLLED
    for (int pair = 0; pair < kN / 2; ++pair) {
      Element halves[2];
      AFFETTO_UNROLLED
      for (int e = 0; e < 2; ++e) {
        const auto gate = [&](int q) { return sums[n / 2][pair][q][n % 2 * 2 + e]; };
        float& at = now.at[2 * pair + e];
        const CellState state = lstm_cell_by<FastCurves>(gate(0), gate(1), gate(2), gate(3), at);
        at = state.c;
        halves[e] = from_float<Element>(state.h);
      }
      h[pair] = pack(halves[0], halves[1]);
    }
    *c = now;
    auto* const after = reinterpret_cast<std::uint32_t*>(row.h_after + unit);
    if constexpr (kN == 4) {
      *reinterpret_cast<uint2*>(after) = make_uint2(h[0], h[1]);
    } else {
      *after = h[0];
    }
  }
}

// A block owns kGroups groups of units of a layer, all four gates of them, for kRows states.
template <class Tile, class Element>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    tensor_step_kernel(const __grid_constant__ TensorStep op) {
  auto& s = dev::smem<StepLayout<Tile>>();
  const int thread = static_cast<int>(threadIdx.x);
  bool some = false;
  if (thread < Tile::kRows) some = prepare_row<Tile>(op, s, thread);
  if (!__syncthreads_or(some ? 1 : 0)) return;

  const int first_group = static_cast<int>(blockIdx.y) * Tile::kGroups, groups = op.layer.groups();
  StepSums<Tile> sums = {};
  multiply_block<Tile, Element>(
      s.stages, {s.sources, op.layer.weights, op.layer.own_slices, op.layer.slices, first_group, groups}, sums);

  const WarpPlace<Tile> place;
  const int group = first_group + place.first_group;
  if (group >= groups) return;
  const int unit = unit_of(group, place.lane % 4 * 2);
  add_outer<Tile>(op, s, place, unit, sums);
  update_states<Tile, Element>(op, s, place, unit, sums);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
