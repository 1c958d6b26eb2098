// Fused LSTM steps: products, gates, cell and output of a tile without leaving the registers.
#include "kernels/cpu/lstm_cell.h"
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/tile.h"

namespace kernels::AFFETTO_ISA {
namespace {

constexpr int kGates = 4;

template <int Cols, int Groups>
void finish(const LstmColumn (&columns)[Cols], int group, const Vec (&sums)[Cols][Groups * kGates]) {
  for (int c = 0; c < Cols; ++c) {
    for (int g = 0; g < Groups; ++g) {
      Vec gate[kGates];
      for (int v = 0; v < kGates; ++v) gate[v] = sums[c][g * kGates + v];
      if (columns[c].input != nullptr) {
        const float* input = columns[c].input + (group + g) * kGates * kLanes;
        for (int v = 0; v < kGates; ++v) gate[v] = gate[v] + load(input + v * kLanes);
      }
      float* cell = columns[c].c + (group + g) * kLanes;
      const Cell next = lstm_cell(gate[0], gate[1], gate[2], gate[3], load(cell));
      store(cell, next.c);
      store(columns[c].h_out + (group + g) * kLanes, next.h);
    }
  }
}

template <int Cols, int Groups>
void tile(const LstmStep& step, int group, const LstmColumn* first, int pass) {
  constexpr int kVectors = Groups * kGates;
  LstmColumn columns[Cols];
  const float* x[Cols];
  const float* h[Cols];
  for (int c = 0; c < Cols; ++c) {
    columns[c] = first[c];
    x[c] = first[c].x;
    h[c] = first[c].h;
  }
  Vec sums[Cols][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const Vec bias = load(step.bias + (group * kGates + v) * kLanes);
    for (int c = 0; c < Cols; ++c) sums[c][v] = bias;
  }
  const std::size_t stride = static_cast<std::size_t>(step.below + step.hidden) * kGates * kLanes;
  const float* weights = step.weights + group * stride;
  // each of the first passes over a group fetches a part of the next one's weights
  constexpr int kParts = kGates * kLanes / kFloatsPerLine;
  const std::size_t part = static_cast<std::size_t>(pass < kParts ? pass : kParts - 1);
  const float* later = weights + stride + part * (step.x_terms + step.h_terms) * kFloatsPerLine;
  add_products<Cols, Groups, kGates>(sums, weights, stride, x, step.x_terms, later);
  weights += static_cast<std::size_t>(step.below) * kGates * kLanes;
  add_products<Cols, Groups, kGates>(sums, weights, stride, h, step.h_terms, later);
  finish<Cols, Groups>(columns, group, sums);
}

}  // namespace

void lstm_step(const LstmStep& step) {
  for_each_tile<kGates>(step.first_group, step.last_group, step.count,
                        [&](auto cols, auto groups, int group, int column, int pass) {
                          tile<cols, groups>(step, group, step.columns + column, pass);
                        });
}

}  // namespace kernels::AFFETTO_ISA
