// Sums that blocks made for themselves, added up: the same at every rung.
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Eight runs of parts are added in their order, then the runs in theirs. In double, which costs nothing where memory
/// is waited for, and leaves one rounding of however many parts.
struct PartsOp {
  const float* parts = nullptr;  ///< [count, planes, held_rows, held_columns]
  float* sum = nullptr;          ///< [planes, rows, columns], without what was filled up
  int count = 0, planes = 0;
  int rows = 0, columns = 0;
  int held_rows = 0, held_columns = 0;
};
void launch_add_parts(const PartsOp& op, StreamRef stream);

}  // namespace kernels::inline AFFETTO_PLATFORM
