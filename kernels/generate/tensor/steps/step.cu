#include "kernels/device/launch.cuh"
#include "kernels/generate/tensor/steps/launch.h"
#include "kernels/generate/tensor/steps/step.cuh"
#include "kernels/runtime/device.h"

namespace kernels::inline AFFETTO_PLATFORM {

void tensor_step(const TensorStep& op, Precision precision, TileChoice tile, StreamRef stream) {
  const std::int64_t rows = std::int64_t{op.pieces} * op.states();
  with_step_tile(choose_tile(tile, rows, op.layer.groups()), [&](auto chosen) {
    using Tile = decltype(chosen);
    static_assert(sizeof(StepLayout<Tile>) <= kPortableShared, "the rung cell is what runs on every GPU");
    with_operands(precision, [&]<class Element>() {
      launch("tensor_step", tensor_step_kernel<Tile, Element>,
             step_shape<Tile>(rows, op.layer.groups(), sizeof(StepLayout<Tile>)), stream, op);
    });
  });
}

// By estimate of what comes from L2, until measured: a layer of 512 units for r rows costs r / 32 times its weights by
// the small tile, and at 192 rows that takes as long as the sixteen blocks of the large one.
TileChoice choose_tile(TileChoice choice, std::int64_t rows, int groups) {
  constexpr std::int64_t kFewRows = 192;
  if (choice != TileChoice::by_rows) return choice;
  if (rows < kFewRows) return TileChoice::few;
  const std::int64_t wide = blocks_of(rows, WideTile::kRows) * blocks_of(groups, WideTile::kGroups);
  return wide >= device_limits().multiprocessors ? TileChoice::wide : TileChoice::many;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
