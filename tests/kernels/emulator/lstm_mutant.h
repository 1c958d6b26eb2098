// A small persistent LSTM: product, cell, head and choice of all steps in one launch, 16 pieces a block.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/math/half.h"

namespace kernels {

struct LstmMutantOp {
  static constexpr int kHidden = 64, kCandidates = 32, kRows = 16, kThreads = 128, kSteps = 3;
  static constexpr int kGates = 4 * kHidden;
  const Half* recurrent;  ///< [4H, H]
  const float* table;     ///< [V, 4H] what an input adds to the gates
  const float* head;      ///< [V, H]
  int* tokens;            ///< [rows, steps] chosen
  float* h;               ///< [rows, H] after the last step
  int rows;
};

/// What the kernel is given, and what came out of it.
struct LstmMutantRun {
  std::vector<Half> recurrent;
  std::vector<float> table, head;
  std::vector<int> tokens;
  std::vector<float> h;
  int rows = 0;
};

/// The input before the first step.
constexpr int first_token(int row) { return row * 5 % LstmMutantOp::kCandidates; }

inline namespace on_emulator {
LstmMutantRun run_lstm(int mutation);
}

}  // namespace kernels
