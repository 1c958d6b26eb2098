#include "kernels/device/host/vectors.h"
#include "kernels/device/host/words.h"
#include "kernels/emulator/machine.h"

namespace kernels::emulator {

dim3 block_dim() {
  const Extent& block = machine->shape().block;
  return {block.x, block.y, block.z};
}

dim3 grid_dim() {
  const Extent& grid = machine->shape().grid;
  return {grid.x, grid.y, grid.z};
}

}  // namespace kernels::emulator
