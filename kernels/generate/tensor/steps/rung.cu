#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/generate/resident_launch.h"
#include "kernels/generate/steps.h"
#include "kernels/generate/tensor/steps/dense.h"
#include "kernels/generate/tensor/steps/rung.h"
#include "kernels/generate/tensor/steps/state.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// Of states that shall stay in the second-level cache beside a network's weights: half of an H200's. A piece of three
/// layers of 512 units has 12 KB, so that 2,048 of them go together.
constexpr std::int64_t kGroupBytes = 25 << 20;
/// Of staggered states, that are kept from advance to advance: a small part of an H200's memory, and 873 pieces of
/// three layers of 512 units with windows of 100 notes.
constexpr std::int64_t kStaggeredBytes = 1 << 30;

std::int64_t bytes_of_state(const NetworkView& network) {
  std::int64_t units = 0;
  for (int l = 0; l < network.layer_count; ++l) units += padded(network.layers[l].hidden);
  return units * (2 * static_cast<std::int64_t>(sizeof(std::uint16_t)) + static_cast<std::int64_t>(sizeof(float)));
}

/// Whole tiles, as far as they fit.
int cell_group(const NetworkView& network, int slots, int asked) {
  if (asked != 0) return std::min(slots, asked);
  const std::int64_t tiles = std::max<std::int64_t>(1, kGroupBytes / bytes_of_state(network) / WideTile::kRows);
  return static_cast<int>(std::min<std::int64_t>(slots, tiles * WideTile::kRows));
}

int staggered_group(const NetworkView& network, int slots, int asked) {
  if (asked != 0) return std::min(slots, asked);
  const std::int64_t pieces = kStaggeredBytes / (bytes_of_state(network) * network.window);
  return static_cast<int>(std::min<std::int64_t>(slots, std::max<std::int64_t>(1, pieces)));
}

/// The tile for a group of so many pieces: as asked for, or that of the way, where it is of this rung.
struct TileRule {
  TileChoice asked = TileChoice::by_rows;
  std::optional<Ways> ways;
  TileChoice of(Fusion fusion, int pieces) const {
    if (!ways || ways->at(pieces).fusion != fusion) return asked;
    return ways->at(pieces).tile;
  }
};

/// What the rungs of this folder share: packed weights, states of their own, the kernels.
class TensorSteps : public ComposedSteps {
 protected:
  /// @param fusion  cell or staggered
  /// @param group   pieces at a time
  TensorSteps(Fusion fusion, std::shared_ptr<const PackedNetwork> packed, const NetworkView& network,
              const ClustersView& clusters, int slots, StreamRef stream, bool graphs, TileRule tiles, int group)
      : ComposedSteps(name_of(fusion), network, clusters, slots, stream, graphs),
        packed_(std::move(packed)),
        readout_(network, *packed_, group, stream),
        fusion_(fusion),
        tiles_(std::move(tiles)),
        staggered_(fusion == Fusion::staggered),
        group_(group) {
    const auto rows = static_cast<std::size_t>(group) * static_cast<std::size_t>(staggered_ ? network.window : 1);
    for (int l = 0; l < network.layer_count; ++l) {
      const int width = padded(network.layers[l].hidden);
      h_[l] = DeviceBuffer<std::uint16_t>(stream, 2 * rows * static_cast<std::size_t>(width));
      c_[l] = DeviceBuffer<float>(stream, rows * static_cast<std::size_t>(width));
      states_[l] = {h_[l].data(), c_[l].data(), static_cast<int>(rows), width};
    }
  }

  int group_rows() const final { return group_; }
  Precision precision() const { return packed_->precision(); }
  const LayerStates& states(int layer) const { return states_[layer]; }

  void step(const PiecesView& pieces, int number) final { step_of(pieces, number, nullptr); }
  /// @param wanted  [pieces] those that are to take part; null: all
  void step_of(const PiecesView& pieces, int number, const int* wanted) {
    TensorStep op{.progress = pieces.progress,
                  .ring = pieces.window,
                  .pieces = pieces.rows,
                  .window = network().window,
                  .staggered = staggered_,
                  .number = number,
                  .wanted = wanted};
    op.input_count = network().input_count;
    std::copy_n(packed_->inputs(), op.input_count, op.inputs);
    for (int l = 0; l < network().layer_count; ++l) {
      op.layer = packed_->layer(l);
      op.own = states_[l];
      tensor_step(op, precision(), tiles_.of(fusion_, pieces.rows), stream());
      op.below = states_[l];
      op.input_count = 0;
    }
  }
  void readout(const PiecesView& pieces) final {
    readout_.read(pieces, states_[network().layer_count - 1], staggered_, tiles_.of(fusion_, pieces.rows), stream());
  }

 private:
  std::shared_ptr<const PackedNetwork> packed_;
  TensorReadout readout_;
  Fusion fusion_;
  TileRule tiles_;
  bool staggered_;
  int group_;
  DeviceBuffer<std::uint16_t> h_[kMaxLayers];
  DeviceBuffer<float> c_[kMaxLayers];
  LayerStates states_[kMaxLayers];
};

/// One state a piece: the carried one, or that of a replay.
class TensorCellSteps final : public TensorSteps {
 public:
  TensorCellSteps(std::shared_ptr<const PackedNetwork> packed, const NetworkView& network, const ClustersView& clusters,
                  int slots, StreamRef stream, bool graphs, TileRule tiles, int group)
      : TensorSteps(Fusion::cell, std::move(packed), network, clusters, slots, stream, graphs, std::move(tiles),
                    cell_group(network, slots, group)),
        asked_(stream, static_cast<std::size_t>(group_rows())) {}

 private:
  void enter(const PiecesView& pieces, Asked asked) override {
    if (network().carry) take_states(carried(pieces, asked), precision(), stream());
  }
  void leave(const PiecesView& pieces, Asked asked) override {
    if (network().carry && asked != Asked::read) give_states(carried(pieces, asked), precision(), stream());
  }
  CarryStates carried(const PiecesView& pieces, Asked asked) const {
    CarryStates op{.pieces = pieces, .layers = network().layer_count, .feeding = asked == Asked::feed};
    for (int l = 0; l < op.layers; ++l) {
      op.states[l] = states(l);
      op.hidden[l] = network().layers[l].hidden;
    }
    op.asked = asked_.data();
    return op;
  }

  DeviceBuffer<int> asked_;
};

/// W states a piece, each one step a note; see ../staggered.cuh. They stay from advance to advance; where a piece's
/// notes are not those that they have read, they are made anew from them.
class TensorStaggeredSteps final : public TensorSteps {
 public:
  TensorStaggeredSteps(std::shared_ptr<const PackedNetwork> packed, const NetworkView& network,
                       const ClustersView& clusters, int slots, StreamRef stream, bool graphs, TileRule tiles,
                       int group)
      : TensorSteps(Fusion::staggered, std::move(packed), network, clusters, slots, stream, graphs, std::move(tiles),
                    staggered_group(network, slots, group)),
        known_(stream, static_cast<std::size_t>(group_rows())),
        ring_(stream, known_.size() * static_cast<std::size_t>(network.window)),
        rebuild_(stream, known_.size()) {
    known_.fill(0xff);  // consumed = -1
  }

 private:
  void enter(const PiecesView& pieces, Asked) override {
    compare_windows(windows(pieces), stream());
    for (int number = 0; number < network().window; ++number) step_of(pieces, number, rebuild_.data());
  }
  void leave(const PiecesView& pieces, Asked) override { remember_windows(windows(pieces), stream()); }
  void replay(const PiecesView&) override {}  // the states are there
  void note(const PiecesView& pieces, const OutputView& output) override {
    readout(pieces);
    choose(pieces, output);
    step(pieces, kFeedStep);
  }
  KnownWindows windows(const PiecesView& pieces) const {
    return {pieces, network().window, known_.data(), ring_.data(), rebuild_.data()};
  }

  DeviceBuffer<Known> known_;
  DeviceBuffer<Played> ring_;
  DeviceBuffer<int> rebuild_;
};

/// Window mode: staggered states or replays, by the number of pieces.
class SuitedSteps final : public Rung {
 public:
  SuitedSteps(Ways ways, int slots, std::unique_ptr<Steps> staggered, std::unique_ptr<Steps> replay)
      : ways_(std::move(ways)), slots_(slots), staggered_(std::move(staggered)), replay_(std::move(replay)) {}
  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    check_rows("rung cell", pieces.rows, slots_);
    const bool staggered = ways_.at(pieces.rows).fusion == Fusion::staggered;
    (staggered ? staggered_ : replay_)->advance(pieces, output, notes);
  }

 private:
  Ways ways_;
  int slots_;
  std::unique_ptr<Steps> staggered_, replay_;  ///< null: never taken
};

void require_served(Fusion fusion, Precision precision, const NetworkView& network) {
  if (precision == Precision::fp32) throw std::invalid_argument("make_tensor_steps: fp32 is not multiplied in 16 bits");
  if (const std::string why = why_not_tensor_steps(fusion, network); !why.empty()) throw std::invalid_argument(why);
}

}  // namespace

std::string why_not_tensor_steps(Fusion fusion, const NetworkView& network) {
  const std::string rung = std::string("rung ") + name_of(fusion);
  if (fusion == Fusion::cell || (fusion == Fusion::staggered && !network.carry)) return "";
  if (fusion == Fusion::staggered) return "a carried state is one step a note; " + rung + " serves windows";
  return "in launches of several a note 16 bits are multiplied by cell and staggered, not by " + rung;
}

std::unique_ptr<Steps> make_tensor_steps(Fusion fusion, Precision precision, const NetworkView& network,
                                         const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
                                         const TensorStepsShape& shape) {
  require_served(fusion, precision, network);
  auto packed = std::make_shared<const PackedNetwork>(network, precision, stream);
  if (fusion == Fusion::cell) {
    return std::make_unique<TensorCellSteps>(std::move(packed), network, clusters, slots, stream, graphs,
                                             TileRule{shape.tile, {}}, shape.group);
  }
  return std::make_unique<TensorStaggeredSteps>(std::move(packed), network, clusters, slots, stream, graphs,
                                                TileRule{shape.tile, {}}, shape.group);
}

std::unique_ptr<Rung> make_tensor_steps_rung(const Ways& ways, Precision precision, const NetworkView& network,
                                             const ClustersView& clusters, int slots, StreamRef stream, bool graphs) {
  require_served(Fusion::cell, precision, network);
  check_slots("rung cell", slots);
  const auto packed = std::make_shared<const PackedNetwork>(network, precision, stream);
  const TileRule tiles{TileChoice::by_rows, ways};
  std::unique_ptr<Steps> staggered, replay;
  if (const int most = ways.most_pieces(Fusion::staggered, slots); most > 0) {
    staggered = std::make_unique<TensorStaggeredSteps>(packed, network, clusters, most, stream, graphs, tiles, 0);
  }
  if (const int most = ways.most_pieces(Fusion::cell, slots); most > 0) {
    replay = std::make_unique<TensorCellSteps>(packed, network, clusters, most, stream, graphs, tiles, 0);
  }
  return std::make_unique<SuitedSteps>(ways, slots, std::move(staggered), std::move(replay));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
