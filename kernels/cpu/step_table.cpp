// One level's entries.
#include "kernels/cpu/step_functions.h"
#include "kernels/cpu/tile.h"

namespace kernels::AFFETTO_ISA {

const StepTable& step_table() {
  static constexpr StepTable kTable = {.lanes = kLanes,
                                       .tile_columns = kTileColumns,
                                       .lstm = lstm_step,
                                       .dense = dense_step,
                                       .sum_rows = sum_rows,
                                       .activate = activate,
                                       .spread = spread,
                                       .score = score,
                                       .blend = blend,
                                       .soft_max = soft_max};
  return kTable;
}

}  // namespace kernels::AFFETTO_ISA
