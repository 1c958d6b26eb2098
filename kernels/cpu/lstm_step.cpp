// Fused LSTM steps: products, gates, cell and output of a tile without leaving the registers.
#include "kernels/cpu/lstm_cell.h"
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/tile.h"

namespace kernels::AFFETTO_ISA {
namespace {

constexpr int kGates = 4;

/// Gates, cells and outputs of N of a tile's (column, group) pairs, the first of which is number `first`.
template <int N, int Groups>
void finish(const LstmColumn* columns, int group, int first, const Vec (*sums)[kGates]) {
  Cells<N> cells;
  for (int n = 0; n < N; ++n) {
    const LstmColumn& column = columns[(first + n) / Groups];
    const int at = group + (first + n) % Groups;
    for (int v = 0; v < kGates; ++v) cells.gates[v][n] = sums[first + n][v];
    cells.c[n] = load(column.c + at * kLanes);
    if (column.input == nullptr) continue;
    const float* input = column.input + at * kGates * kLanes;
    for (int v = 0; v < kGates; ++v) cells.gates[v][n] = cells.gates[v][n] + load(input + v * kLanes);
  }
  advance_cells(cells);
  for (int n = 0; n < N; ++n) {
    const LstmColumn& column = columns[(first + n) / Groups];
    const int at = group + (first + n) % Groups;
    store(column.c + at * kLanes, cells.c[n]);
    store(column.h_out + at * kLanes, cells.h[n]);
  }
}

/// All pairs from number First on, three at once where they come out even.
template <int First, int Pairs, int Groups>
void finish_from(const LstmColumn* columns, int group, const Vec (*sums)[kGates]) {
  constexpr int kLeft = Pairs - First;
  constexpr int kNow = kLeft == 3 || kLeft > 4 ? 3 : kLeft >= 2 ? 2 : 1;
  finish<kNow, Groups>(columns, group, First, sums);
  if constexpr (kLeft > kNow) finish_from<First + kNow, Pairs, Groups>(columns, group, sums);
}

template <int Cols, int Groups, typename Weight>
void tile(const LstmStep& step, const Weight* all, int group, const LstmColumn* first, int pass) {
  constexpr int kVectors = Groups * kGates;
  LstmColumn columns[Cols];
  const float* x[Cols];
  const float* h[Cols];
  for (int c = 0; c < Cols; ++c) {
    columns[c] = first[c];
    x[c] = first[c].x;
    h[c] = first[c].h;
  }
  Vec sums[Cols][kVectors];  // as [Cols * Groups][kGates] they are the gates of a (column, group) pair
  for (int v = 0; v < kVectors; ++v) {
    const Vec bias = load(step.bias + (group * kGates + v) * kLanes);
    for (int c = 0; c < Cols; ++c) sums[c][v] = bias;
  }
  const std::size_t stride = static_cast<std::size_t>(step.below + step.hidden) * kGates * kLanes;
  const Weight* weights = all + group * stride;
  // each of the first passes over a group fetches a part of the next one's weights
  constexpr int kLine = kBytesPerLine / static_cast<int>(sizeof(Weight));  // weights
  constexpr int kParts = kGates * kLanes / kLine > 0 ? kGates * kLanes / kLine : 1;
  const std::size_t part = static_cast<std::size_t>(pass < kParts ? pass : kParts - 1);
  const Weight* later = weights + stride + part * (step.x_terms + step.h_terms) * kLine;
  add_products<Cols, Groups, kGates>(sums, weights, stride, x, step.x_terms, later);
  weights += static_cast<std::size_t>(step.below) * kGates * kLanes;
  add_products<Cols, Groups, kGates>(sums, weights, stride, h, step.h_terms, later);
  if (step.ready != nullptr && !step.ready(step.context)) return;
  finish_from<0, Cols * Groups, Groups>(columns, group, reinterpret_cast<const Vec(*)[kGates]>(&sums[0][0]));
}

template <typename Weight>
void all_tiles(const LstmStep& step, const Weight* weights) {
  for_each_tile<kGates>(step.first_group, step.last_group, step.count,
                        [&](auto cols, auto groups, int group, int column, int pass) {
                          tile<cols, groups>(step, weights, group, step.columns + column, pass);
                        });
}

}  // namespace

void lstm_step(const LstmStep& step) {
  if (step.weights.halves != nullptr) {
    all_tiles(step, step.weights.halves);
  } else {
    all_tiles(step, step.weights.floats);
  }
}

}  // namespace kernels::AFFETTO_ISA
