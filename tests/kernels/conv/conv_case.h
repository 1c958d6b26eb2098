// Random maps, and their two layouts.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "kernels/conv/reference.h"

namespace kernels {

inline conv_reference::Values random_values(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);  // floats: what both sides start from
  conv_reference::Values values(count);
  for (double& v : values) v = static_cast<double>(value(random));
  return values;
}

}  // namespace kernels
