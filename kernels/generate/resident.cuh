// A network on chip, and pieces that it is run for: by all blocks of a cluster. See resident.h for who owns what.
#pragma once

#include <cstdint>

#include "kernels/device/device.cuh"
#include "kernels/generate/pieces.h"
#include "kernels/generate/resident.h"
#include "kernels/generate/resident_product.cuh"
#include "kernels/generate/steps.cuh"
#include "kernels/math/lstm.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct alignas(16) ResidentFloats {
  float first[4];  // the plan says how many follow
};

/// This block's part in its cluster.
struct Resident {
  const ResidentPlan& plan;
  const NetworkView& network;
  const PiecesView& pieces;
  float* floats;  ///< all shared memory
  int rank, warp, warps, lane;
  int first = 0;  ///< slot of the group's first piece
  int turn = 0;   ///< which half of h is the present

  __device__ Resident(const ResidentPlan& plan_, const NetworkView& network_, const PiecesView& pieces_)
      : plan(plan_),
        network(network_),
        pieces(pieces_),
        floats(dev::smem<ResidentFloats>().first),
        rank(plan_.cluster == 1 ? 0 : static_cast<int>(dev::cluster_rank())),
        warp(static_cast<int>(threadIdx.x / 32)),
        warps(static_cast<int>(blockDim.x / 32)),
        lane(static_cast<int>(threadIdx.x % 32)) {}

  __device__ float* h(int layer, int half) const {
    const ResidentLayer& at = plan.layers[layer];
    return floats + at.h + half * plan.pieces * at.terms;
  }
  __device__ float* c(int layer) const { return floats + plan.layers[layer].c; }
  __device__ Played* ring(int piece) const {
    return reinterpret_cast<Played*>(floats + plan.ring) + piece * network.window;
  }
  __device__ Progress* progress() const { return reinterpret_cast<Progress*>(floats + plan.progress); }
  __device__ int* taken() const { return reinterpret_cast<int*>(floats + plan.taken); }
  __device__ HeadOutput* output() const { return reinterpret_cast<HeadOutput*>(floats + plan.output); }
  __device__ VoiceView* voices() const { return reinterpret_cast<VoiceView*>(floats + plan.voices); }
  __device__ float* readout(int piece) const { return floats + plan.readout + piece * network.readout_size; }

  /// All threads of the cluster; what they wrote before, to their own or another's memory, is seen after it.
  __device__ void sync() const {
    if (plan.cluster == 1) {
      __syncthreads();
    } else {
      dev::cluster_sync();
    }
  }
  /// The same place in the shared memory of another block of the cluster.
  template <typename T>
  __device__ T* at(T* place, int other) const {
    return plan.cluster == 1 ? place : dev::map_rank(place, static_cast<unsigned>(other));
  }
  template <typename T>
  __device__ void tell_all(T* place, const T& value) const {
    for (int other = 0; other < plan.cluster; ++other) *at(place, other) = value;
  }
};

/// This block's units of every layer. A barrier must follow.
__device__ inline void load_layers(const Resident& r) {
  for (int l = 0; l < r.network.layer_count; ++l) {
    const LayerView& layer = r.network.layers[l];
    const ResidentLayer& at = r.plan.layers[l];
    const int first = r.rank * at.units;
    const auto row_of = [&](const float* matrix, int terms) {
      return [=](int group, int gate, int row) -> const float* {
        const int unit = first + group * kFragmentRows + row;
        return unit < layer.hidden ? matrix + (std::int64_t{gate} * layer.hidden + unit) * terms : nullptr;
      };
    };
    const int groups = at.units / kFragmentRows;
    load_fragments<kGateQuads>(r.floats + at.w_hh, groups, at.terms / kFragmentTerms, layer.hidden, at.wide,
                               row_of(layer.w_hh, layer.hidden));
    load_fragments<kGateQuads>(r.floats + at.w_ih, groups, at.terms_below / kFragmentTerms, layer.below, at.wide_below,
                               row_of(layer.w_ih, layer.below));
    // Rows of numbers that go into each gate: the bias, and in the first layer the scaled inputs.
    const auto load_row = [&](float* to, const float* from) {
      for (int i = static_cast<int>(threadIdx.x); i < kGateQuads * at.units; i += static_cast<int>(blockDim.x)) {
        const int unit = first + i % at.units;
        to[i] = unit < layer.hidden ? from[i / at.units * layer.hidden + unit] : 0;
      }
    };
    load_row(r.floats + at.bias, layer.bias);
    float* to = r.floats + r.plan.inputs;
    for (int i = 0; l == 0 && i < r.network.input_count; ++i) {
      if (r.network.inputs[i].table) continue;
      load_row(to, r.network.inputs[i].rows);
      to += kGateQuads * at.units;
    }
  }
}

/// What stands before the products in a gate of unit `local` of this block: bias, and what the note adds.
__device__ inline float outer_gate(const Resident& r, int layer, int gate, int local, const Played& note) {
  const ResidentLayer& at = r.plan.layers[layer];
  const int hidden = r.network.layers[layer].hidden, column = gate * hidden + r.rank * at.units + local;
  const float* scaled = r.floats + r.plan.inputs + gate * at.units + local;
  float sum = 0;
  for (int i = 0; layer == 0 && i < r.network.input_count; ++i) {
    const InputView& input = r.network.inputs[i];
    const float value = field_of(note, input.field);
    if (input.table) {
      const int row = max(0, min(static_cast<int>(value), input.classes - 1));
      sum += input.rows[static_cast<std::int64_t>(row) * kGateQuads * hidden + column];
    } else {
      sum += input.scale * value * *scaled;
      scaled += kGateQuads * at.units;
    }
  }
  return r.floats[at.bias + gate * at.units + local] + sum;
}

/// One step of one layer, this block's units: a warp owns eight units, a lane of four some pieces of one unit.
/// @param from_zero  the state before is zero for all pieces that take part
template <int kPieces>
__device__ void layer_step(const Resident& r, int layer, int number, bool from_zero) {
  constexpr int kMine = kPieces / 4;
  const ResidentLayer& at = r.plan.layers[layer];
  const int hidden = r.network.layers[layer].hidden;
  const float* before = r.h(layer, r.turn);
  float* after = r.h(layer, 1 - r.turn);
  for (int group = r.warp; group * kFragmentRows < at.units; group += r.warps) {
    const int local = group * kFragmentRows + r.lane / 4, unit = r.rank * at.units + local;
    RowStep step[kMine];
    float outer[kGateQuads][kMine];
    for (int j = 0; j < kMine; ++j) {
      const int piece = 4 * j + r.lane % 4;
      step[j] = row_step(r.progress()[piece], r.network.window, number);
      const bool part = step[j].note_at >= 0 && unit < hidden;
      const Played note = part ? r.ring(piece)[step[j].note_at] : Played{};
      for (int q = 0; q < kGateQuads; ++q) outer[q][j] = part ? outer_gate(r, layer, q, local, note) : 0;
    }

    float sums[kGateQuads][kPieces] = {};
    if (layer > 0) {
      const int blocks = at.terms_below / kFragmentTerms;
      multiply_quarter(r.floats + at.w_ih + group * blocks * kGateQuads * 128, r.h(layer - 1, 1 - r.turn), blocks,
                       r.lane, sums);
    }
    if (!from_zero) {
      const int blocks = at.terms / kFragmentTerms;
      multiply_quarter(r.floats + at.w_hh + group * blocks * kGateQuads * 128, before, blocks, r.lane, sums);
    }
    float gate[kGateQuads][kMine];
    share_sums(sums, r.lane, gate);
    if (unit >= hidden) continue;

    for (int j = 0; j < kMine; ++j) {
      const int piece = 4 * j + r.lane % 4;
      float h = 0;  // of a piece that sits out the first steps of a replay
      if (step[j].note_at >= 0) {
        float& c = r.c(layer)[piece * at.units + local];
        const CellState state =
            lstm_cell_unit(gate[0][j] + outer[0][j], gate[1][j] + outer[1][j], gate[2][j] + outer[2][j],
                           gate[3][j] + outer[3][j], step[j].from_zero ? 0 : c);
        c = state.c;
        h = state.h;
      } else if (number == kFeedStep) {
        h = before[piece * at.terms + unit];
      }
      r.tell_all(after + piece * at.terms + unit, h);
    }
  }
}

/// One step of all layers; ends with a barrier of the cluster.
template <int kPieces>
__device__ void step_all(Resident& r, int number, bool from_zero) {
  for (int layer = 0; layer < r.network.layer_count; ++layer) {
    layer_step<kPieces>(r, layer, number, from_zero);
    r.sync();
  }
  r.turn = 1 - r.turn;
}

/// The last notes of every piece with notes left, from zero state.
template <int kPieces>
__device__ void replay_window(Resident& r) {
  const int window = r.network.window;
  int longest = 0;
  for (int piece = 0; piece < kPieces; ++piece) {
    const Progress& progress = r.progress()[piece];
    if (progress.left > 0) longest = max(longest, static_cast<int>(min(std::int64_t{window}, progress.consumed)));
  }
  for (int number = window - longest; number < window; ++number) {
    step_all<kPieces>(r, number, number == window - longest);
  }
}

/// Takes the pieces from slot `first` on. The cluster's memory must not be in use; ends with a barrier of the cluster.
/// @param feeding  those with a fresh note take part; else those with notes left
__device__ inline void load_group(Resident& r, int first, bool feeding) {
  r.first = first;
  r.turn = 0;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const auto progress_of = [&](int piece) {
    return first + piece < r.pieces.rows ? r.pieces.progress[first + piece] : Progress{};
  };
  for (int piece = thread; piece < r.plan.pieces; piece += threads) {
    const Progress progress = progress_of(piece);
    r.progress()[piece] = progress;
    r.taken()[piece] = (feeding ? progress.fresh != 0 : progress.left > 0) ? 1 : 0;
    if (r.plan.heads && first + piece < r.pieces.rows) r.voices()[piece] = r.pieces.voices[first + piece];
  }
  const int window = r.network.window;
  for (int i = thread; i < r.plan.pieces * window; i += threads) {
    const int piece = i / window, place = i % window;
    if (place < progress_of(piece).consumed) {
      r.ring(piece)[place] = r.pieces.window[static_cast<std::int64_t>(first + piece) * window + place];
    }
  }
  for (int l = 0; l < r.network.layer_count; ++l) {
    const ResidentLayer& at = r.plan.layers[l];
    const int hidden = r.network.layers[l].hidden;
    const auto stored = [&](const float* state, int piece, int unit) {
      const bool from_zero = !r.network.carry || progress_of(piece).consumed <= (feeding ? 1 : 0) || unit >= hidden;
      return from_zero ? 0.0f : state[static_cast<std::int64_t>(first + piece) * hidden + unit];
    };
    for (int i = thread; i < r.plan.pieces * at.terms; i += threads) {
      r.h(l, 0)[i] = stored(r.pieces.h[l], i / at.terms, i % at.terms);
      r.h(l, 1)[i] = 0;  // beyond the units nobody writes, and products read it
    }
    for (int i = thread; i < r.plan.pieces * at.units; i += threads) {
      r.c(l)[i] = stored(r.pieces.c[l], i / at.units, r.rank * at.units + i % at.units);
    }
  }
  r.sync();
}

__device__ inline bool some_taken(const Resident& r) {
  int some = 0;
  for (int piece = 0; piece < r.plan.pieces; ++piece) some |= r.taken()[piece];
  return some != 0;
}

/// Writes the state of the pieces that took part: this block's units.
__device__ inline void store_state(const Resident& r) {
  for (int l = 0; l < r.network.layer_count; ++l) {
    const ResidentLayer& at = r.plan.layers[l];
    const int hidden = r.network.layers[l].hidden;
    for (int i = static_cast<int>(threadIdx.x); i < r.plan.pieces * at.units; i += static_cast<int>(blockDim.x)) {
      const int piece = i / at.units, unit = r.rank * at.units + i % at.units;
      if (unit >= hidden || r.taken()[piece] == 0) continue;
      const std::int64_t to = static_cast<std::int64_t>(r.first + piece) * hidden + unit;
      r.pieces.h[l][to] = r.h(l, r.turn)[piece * at.terms + unit];
      r.pieces.c[l][to] = r.c(l)[i];
    }
  }
}

/// The groups of pieces that a cluster serves, one after the other.
template <class Visit>
__device__ void each_group(const ResidentPlan& plan, int rows, const Visit& visit) {
  const int cluster = static_cast<int>(blockIdx.x) / plan.cluster,
            clusters = static_cast<int>(gridDim.x) / plan.cluster;
  for (int group = cluster; group * plan.pieces < rows; group += clusters) {
    visit(group * plan.pieces);
    __syncthreads();  // the next group overwrites what this block's threads still read
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
