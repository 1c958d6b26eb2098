#include "kernels/device/launch.cuh"
#include "kernels/generate/cell.h"
#include "kernels/generate/tensor/steps/dense.cuh"
#include "kernels/generate/tensor/steps/launch.h"

namespace kernels::inline AFFETTO_PLATFORM {

TensorReadout::TensorReadout(const NetworkView& network, const PackedNetwork& packed, int rows, StreamRef stream)
    : precision_(packed.precision()) {
  for (const DenseLevel& level : readout_levels(network)) {
    levels_.push_back(make_level(network, packed, level.parts, level.count, rows, stream));
  }
}

TensorReadout::Level TensorReadout::make_level(const NetworkView& network, const PackedNetwork& packed,
                                               const DenseView* parts, int count, int rows, StreamRef stream) {
  Level level;
  level.inputs.readout_size = level.outputs.readout_size = network.readout_size;
  level.outputs.window = network.window;
  for (int i = 0; i < count; ++i) {
    const DenseView& dense = parts[i];
    int number = 0;
    while (network.readout[number].to != dense.to) ++number;
    const std::uint16_t* x = nullptr;
    if (dense.from != DenseView::kFromState) {
      rounded_.emplace_back(stream, static_cast<std::size_t>(rows) * static_cast<std::size_t>(padded(dense.terms)));
      level.inputs.parts[level.inputs.count++] = {dense.from, dense.terms, rounded_.back().data()};
      x = rounded_.back().data();
    }
    level.outputs.parts[level.outputs.count++] = {packed.dense(number), x,        dense.bias,
                                                  dense.size,           dense.to, dense.curve};
  }
  return level;
}

void TensorReadout::read(const PiecesView& pieces, const LayerStates& state, bool staggered, TileChoice tile,
                         StreamRef stream) {
  for (Level& level : levels_) {
    level.inputs.progress = level.outputs.progress = pieces.progress;
    level.inputs.pieces = level.outputs.pieces = pieces.rows;
    level.inputs.readout = level.outputs.readout = pieces.readout;
    level.outputs.state = state;
    level.outputs.staggered = staggered;
    if (level.inputs.count > 0) round_rows(level.inputs, precision_, stream);
    tensor_level(level.outputs, precision_, tile, stream);
  }
}

void tensor_level(const TensorLevel& op, Precision precision, TileChoice tile, StreamRef stream) {
  int groups = 0;
  for (int i = 0; i < op.count; ++i) groups += op.parts[i].packed.groups;
  with_step_tile(choose_tile(tile, op.pieces, groups), [&](auto chosen) {
    using Tile = decltype(chosen);
    static_assert(sizeof(LevelLayout<Tile>) <= kPortableShared, "the rung cell is what runs on every GPU");
    int tiles = 0;
    for (int i = 0; i < op.count; ++i) tiles += static_cast<int>(blocks_of(op.parts[i].packed.groups, Tile::kGroups));
    with_operands(precision, [&]<class Element>() {
      launch("tensor_level", tensor_level_kernel<Tile, Element>,
             step_shape<Tile>(op.pieces, tiles * Tile::kGroups, sizeof(LevelLayout<Tile>)), stream, op);
    });
  });
}

void round_rows(const RoundRows& op, Precision precision, StreamRef stream) {
  std::int64_t count = 0;
  for (int i = 0; i < op.count; ++i) count += std::int64_t{op.pieces} * padded(op.parts[i].terms);
  with_operands(precision,
                [&]<class Element>() { launch_elements("round_rows", round_rows_kernel<Element>, count, stream, op); });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
