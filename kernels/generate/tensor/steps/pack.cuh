#pragma once

#include "kernels/generate/tensor/steps/pack.h"
#include "kernels/ops/elements.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// The row of the source matrix that a row of a group is; -1: there is none.
__device__ inline int source_row(const PackOp& op, int group, int row) {
  if (op.hidden == 0) return group * kGroupRows + row < op.outputs ? group * kGroupRows + row : -1;
  const int unit = unit_of(group, row % kGroupUnits);
  return unit < op.hidden ? row / kGroupUnits * op.hidden + unit : -1;
}

// One thread owns one packed weight.
template <class Element>
__global__ void __launch_bounds__(kElementThreads) pack_kernel(const __grid_constant__ PackOp op) {
  const std::int64_t n = element();
  const int slices = op.slices(), first_slices = slices_of(op.first_terms);
  const std::int64_t at = n / kSlice;
  if (at >= std::int64_t{op.groups} * slices) return;
  const int slice = static_cast<int>(at % slices), group = static_cast<int>(at / slices);
  const int row = source_row(op, group, static_cast<int>(n / kSliceTerms % kGroupRows));
  const bool first = slice < first_slices;
  const int term = (first ? slice : slice - first_slices) * kSliceTerms + static_cast<int>(n % kSliceTerms);
  const int terms = first ? op.first_terms : op.second_terms;
  const float value = row >= 0 && term < terms ? (first ? op.first : op.second)[std::int64_t{row} * terms + term] : 0;
  op.to[n] = from_float<Element>(value).bits;
}

// One thread owns one number.
__global__ void __launch_bounds__(kElementThreads) pack_outer_kernel(const __grid_constant__ OuterOp op) {
  const std::int64_t n = element();
  const int hidden = op.layer.hidden, width = padded(hidden), unit = static_cast<int>(n % width);
  const int gate = static_cast<int>(n / width % kGates), row = static_cast<int>(n / width / kGates);
  if (row >= op.rows) return;
  const float* from = op.layer.bias;
  for (int i = 0; i < op.input_count; ++i) {
    const int within = row - op.packed[i].row;
    if (within >= 0 && within < op.packed[i].classes) {
      from = op.inputs[i].rows + std::int64_t{within} * kGates * hidden;
    }
  }
  op.to[n] = unit < hidden ? from[gate * hidden + unit] : 0;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
