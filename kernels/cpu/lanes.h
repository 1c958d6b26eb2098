// Runs of floats of any length, a vector at a time; for the files that vec.h is for, and under the same rules.
#pragma once

#include <cstddef>

#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {

/// Some lanes of a vector, the first `count`.
struct Lanes {
  int count;
  Vec load(const float* p) const { return count == kLanes ? AFFETTO_ISA::load(p) : load_first(p, count); }
  void store(float* p, Vec v) const { count == kLanes ? AFFETTO_ISA::store(p, v) : store_first(p, v, count); }
};

/// Calls body(first, lanes) over 0 .. count - 1.
template <typename Body>
inline void each_vector(std::size_t count, const Body& body) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, Lanes{kLanes});
  if (i < count) body(i, Lanes{static_cast<int>(count - i)});
}

}  // namespace kernels::AFFETTO_ISA
