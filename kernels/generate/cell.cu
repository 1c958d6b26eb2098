#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/device/launch.cuh"
#include "kernels/generate/cell.cuh"
#include "kernels/generate/steps.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// Below this a block of 64 pieces leaves most of its rows, or most multiprocessors, idle; to be chosen by a benchmark.
constexpr int kFewRows = 256;

bool aligned(const float* matrix, int stride) {
  return reinterpret_cast<std::uintptr_t>(matrix) % 16 == 0 && stride % 4 == 0;
}

ProductPart product_part(const float* weight, int terms, const float* x, int x_stride) {
  return {weight, x, terms, x_stride, aligned(weight, terms) && aligned(x, x_stride)};
}

unsigned blocks(int count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

/// Calls launch_tile(tile) with the tile that suits.
template <class Launch>
void with_tile(BlockRows block_rows, int rows, const Launch& launch_tile) {
  if (block_rows == BlockRows::few || (block_rows == BlockRows::by_rows && rows < kFewRows)) {
    launch_tile(LowTile{});
  } else {
    launch_tile(HighTile{});
  }
}

bool overlap(const DenseView& reader, const DenseView& writer) {
  return reader.from != DenseView::kFromState && reader.from < writer.to + writer.size &&
         writer.to < reader.from + reader.terms;
}

class CellSteps final : public ComposedSteps {
 public:
  CellSteps(const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
            std::optional<Ways> ways)
      : ComposedSteps("cell", network, clusters, slots, stream, graphs),
        levels_(readout_levels(network)),
        ways_(std::move(ways)) {
    for (int l = 0; l < network.layer_count; ++l) {
      other_[l] = DeviceBuffer<float>(stream, this->slots() * static_cast<std::size_t>(network.layers[l].hidden));
    }
  }

 private:
  void step(const PiecesView& pieces, int number) override {
    // h goes to and fro between the pieces' own memory and ours, and ends in theirs.
    const bool to_ours = number == kFeedStep || (network().window - 1 - number) % 2 == 1;
    const float* below = nullptr;
    for (int l = 0; l < network().layer_count; ++l) {
      float* const ours = other_[l].data();
      float* const theirs = pieces.h[l];
      float* const after = to_ours ? ours : theirs;
      cell_step({network(), pieces, l, number, below, to_ours ? theirs : ours, after}, block_rows(pieces), stream());
      below = after;
    }
    if (number == kFeedStep) keep(pieces);
  }

  BlockRows block_rows(const PiecesView& pieces) const {
    const TileChoice tile = ways_ ? ways_->at(pieces.rows).tile : TileChoice::by_rows;
    return tile == TileChoice::few ? BlockRows::few : tile == TileChoice::many ? BlockRows::many : BlockRows::by_rows;
  }

  void keep(const PiecesView& pieces) {
    KeepState op{.pieces = pieces, .layers = network().layer_count};
    for (int l = 0; l < op.layers; ++l) {
      op.from[l] = other_[l].data();
      op.hidden[l] = network().layers[l].hidden;
    }
    keep_state(op, stream());
  }

  void readout(const PiecesView& pieces) override {
    for (DenseLevel& level : levels_) {
      level.pieces = pieces;
      level.state = pieces.h[network().layer_count - 1];
      dense_level(level, block_rows(pieces), stream());
    }
  }

  std::vector<DenseLevel> levels_;
  std::optional<Ways> ways_;               ///< none: by_rows
  DeviceBuffer<float> other_[kMaxLayers];  // [slots, H] each
};

}  // namespace

void cell_step(const CellStep& step, BlockRows block_rows, StreamRef stream) {
  CellStep op = step;
  const LayerView& layer = op.network.layers[op.layer];
  if (op.layer > 0) op.parts[0] = product_part(layer.w_ih, layer.below, op.below, layer.below);
  op.parts[1] = product_part(layer.w_hh, layer.hidden, op.h_before, layer.hidden);
  with_tile(block_rows, op.pieces.rows, [&](auto tile) {
    using Tile = decltype(tile);
    static_assert(sizeof(CellLayout<Tile>) <= kPortableShared, "the rung cell is what runs on every GPU");
    launch("cell_step", cell_step_kernel<Tile>,
           {.grid = {blocks(op.pieces.rows, Tile::kRows), blocks(layer.hidden, Tile::kUnits)},
            .block = Tile::kThreads,
            .shared_bytes = sizeof(CellLayout<Tile>)},
           stream, op);
  });
}

void keep_state(const KeepState& op, StreamRef stream) {
  std::int64_t count = 0;
  for (int l = 0; l < op.layers; ++l) count += std::int64_t{op.pieces.rows} * op.hidden[l];
  launch_elements("keep_state", keep_state_kernel, count, stream, op);
}

void dense_level(const DenseLevel& level, BlockRows block_rows, StreamRef stream) {
  DenseLevel op = level;
  for (int i = 0; i < op.count; ++i) {
    const DenseView& dense = op.parts[i];
    op.products[i] = dense.from == DenseView::kFromState
                         ? product_part(dense.weight, dense.terms, op.state, dense.terms)
                         : product_part(dense.weight, dense.terms, op.pieces.readout + dense.from, op.readout_size);
  }
  with_tile(block_rows, op.pieces.rows, [&](auto tile) {
    using Tile = decltype(tile);
    static_assert(sizeof(DenseLayout<Tile>) <= kPortableShared, "the rung cell is what runs on every GPU");
    unsigned tiles = 0;
    for (int i = 0; i < op.count; ++i) tiles += blocks(op.parts[i].size, Tile::kOutputs);
    launch("dense_level", dense_level_kernel<Tile>,
           {.grid = {blocks(op.pieces.rows, Tile::kRows), tiles},
            .block = Tile::kThreads,
            .shared_bytes = sizeof(DenseLayout<Tile>)},
           stream, op);
  });
}

std::vector<DenseLevel> readout_levels(const NetworkView& network) {
  std::vector<DenseLevel> levels;
  std::size_t level_of[kMaxReadout] = {};
  for (int i = 0; i < network.readout_count; ++i) {
    for (int j = 0; j < i; ++j) {
      if (overlap(network.readout[i], network.readout[j])) level_of[i] = std::max(level_of[i], level_of[j] + 1);
    }
    levels.resize(std::max(levels.size(), level_of[i] + 1), DenseLevel{.readout_size = network.readout_size});
    DenseLevel& level = levels[level_of[i]];
    level.parts[level.count++] = network.readout[i];
  }
  return levels;
}

std::unique_ptr<Steps> make_cell_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                       StreamRef stream, bool graphs, std::optional<Ways> ways) {
  return std::make_unique<CellSteps>(network, clusters, slots, stream, graphs, std::move(ways));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
