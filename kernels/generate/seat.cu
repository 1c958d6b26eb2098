#include <stdexcept>
#include <string>

#include "kernels/device/launch.cuh"
#include "kernels/generate/seat.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

void seat(const SeatOp& op, StreamRef stream) {
  if (op.count < 1) throw std::invalid_argument("seat: count is " + std::to_string(op.count) + ", expected at least 1");
  launch("seat", seat_kernel, {.grid = static_cast<unsigned>(op.count), .block = SeatTile::kThreads}, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
