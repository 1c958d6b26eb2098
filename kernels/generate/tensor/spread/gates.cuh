// A lane's four gates: from a multiplication's layout, and what bias and notes add to them.
#pragma once

#include "kernels/generate/tensor/spread/block.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

/// Half of the lanes have i and g, half f and o of a unit in two columns; afterwards each has all four in one column,
/// in the order i f g o.
__device__ __forceinline__ float4 gates_of(const float4& sum, int lane) {
  const bool upper = lane >= 16;
  const float one = __shfl_xor_sync(kAllLanes, upper ? sum.x : sum.y, 16);
  const float two = __shfl_xor_sync(kAllLanes, upper ? sum.z : sum.w, 16);
  return upper ? make_float4(one, sum.y, two, sum.w) : make_float4(sum.x, one, sum.z, two);
}

/// Bias, and in the first layer the note, in the four gates of a unit.
template <class Block>
__device__ float4 outer_of(const Block& b, int layer, int unit_here, int unit, const Played& note) {
  float4 sum = b.row(layer, 0, unit_here);
  const int hidden = b.network.layers[layer].hidden;
  int number = 1;
  for (int i = 0; layer == 0 && i < b.network.input_count; ++i) {
    const InputView& input = b.network.inputs[i];
    const float value = field_of(note, input.field);
    if (!input.table) {
      const float4 row = b.row(layer, number++, unit_here);
      const float x = input.scale * value;
      sum = make_float4(sum.x + x * row.x, sum.y + x * row.y, sum.z + x * row.z, sum.w + x * row.w);
    } else if (unit < hidden) {
      const int entry = max(0, min(static_cast<int>(value), input.classes - 1));
      const float* row = input.rows + std::int64_t{entry} * 4 * hidden + unit;
      sum = make_float4(sum.x + row[0], sum.y + row[hidden], sum.z + row[2 * hidden], sum.w + row[3 * hidden]);
    }
  }
  return sum;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
