#include <limits>
#include <stdexcept>
#include <string>

#include "kernels/device/launch.cuh"
#include "kernels/ops/lstm_cell.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

void lstm_cell(const LstmCell& op, StreamRef stream) {
  if (op.batch < 1 || op.hidden < 1) {
    throw std::invalid_argument("lstm_cell: batch = " + std::to_string(op.batch) +
                                ", hidden = " + std::to_string(op.hidden) + "; both must be >= 1");
  }
  const std::int64_t elements = std::int64_t{op.batch} * op.hidden;
  const std::int64_t blocks = (elements + LstmCellTile::kThreads - 1) / LstmCellTile::kThreads;
  if (blocks > std::numeric_limits<int>::max()) {
    throw std::invalid_argument("lstm_cell: batch x hidden = " + std::to_string(elements) + " is too large for a grid");
  }
  launch("lstm_cell", lstm_cell_kernel, {.grid = static_cast<unsigned>(blocks), .block = LstmCellTile::kThreads},
         stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
