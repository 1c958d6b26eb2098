#include <limits>
#include <stdexcept>

#include "kernels/device/launch.cuh"
#include "kernels/ops/lstm_cell.cuh"

namespace kernels {

void lstm_cell(const LstmCell& op, StreamRef stream) {
  if (op.batch < 1 || op.hidden < 1) throw std::invalid_argument("lstm_cell: batch and hidden must be >= 1");
  const std::int64_t elements = std::int64_t{op.batch} * op.hidden;
  const std::int64_t blocks = (elements + LstmCellTile::kThreads - 1) / LstmCellTile::kThreads;
  if (blocks > std::numeric_limits<int>::max())
    throw std::invalid_argument("lstm_cell: batch x hidden is too large for one grid");
  launch("lstm_cell", lstm_cell_kernel, {static_cast<unsigned>(blocks), LstmCellTile::kThreads}, stream, op);
}

}  // namespace kernels
