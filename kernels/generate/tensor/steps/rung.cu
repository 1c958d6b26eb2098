#include <algorithm>
#include <stdexcept>
#include <vector>

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
/// Replays of fewer pieces leave most multiprocessors idle at each of their W steps; by estimate.
constexpr int kStaggeredPieces = 1024;

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

/// What the rungs of this folder share: packed weights, states of their own, the kernels.
class TensorSteps : public ComposedSteps {
 protected:
  /// @param group  pieces at a time
  TensorSteps(const char* name, std::shared_ptr<const PackedNetwork> packed, const NetworkView& network,
              const ClustersView& clusters, int slots, StreamRef stream, bool graphs, TileChoice tile, bool staggered,
              int group)
      : ComposedSteps(name, network, clusters, slots, stream, graphs),
        packed_(std::move(packed)),
        readout_(network, *packed_, group, stream),
        tile_(tile),
        staggered_(staggered),
        group_(group) {
    const auto rows = static_cast<std::size_t>(group) * static_cast<std::size_t>(staggered ? network.window : 1);
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
      tensor_step(op, precision(), tile_, stream());
      op.below = states_[l];
      op.input_count = 0;
    }
  }
  void readout(const PiecesView& pieces) final {
    readout_.read(pieces, states_[network().layer_count - 1], staggered_, tile_, stream());
  }

 private:
  std::shared_ptr<const PackedNetwork> packed_;
  TensorReadout readout_;
  TileChoice tile_;
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
                  int slots, StreamRef stream, bool graphs, const TensorStepsShape& shape)
      : TensorSteps("cell", std::move(packed), network, clusters, slots, stream, graphs, shape.tile, false,
                    cell_group(network, slots, shape.group)),
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
                       const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
                       const TensorStepsShape& shape)
      : TensorSteps("staggered", std::move(packed), network, clusters, slots, stream, graphs, shape.tile, true,
                    staggered_group(network, slots, shape.group)),
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

/// Window mode: staggered states for few pieces, replays for many.
class SuitedSteps final : public Rung {
 public:
  SuitedSteps(std::unique_ptr<Steps> staggered, std::unique_ptr<Steps> replay)
      : staggered_(std::move(staggered)), replay_(std::move(replay)) {}
  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    (pieces.rows <= kStaggeredPieces ? staggered_ : replay_)->advance(pieces, output, notes);
  }

 private:
  std::unique_ptr<Steps> staggered_, replay_;
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
    return std::make_unique<TensorCellSteps>(std::move(packed), network, clusters, slots, stream, graphs, shape);
  }
  return std::make_unique<TensorStaggeredSteps>(std::move(packed), network, clusters, slots, stream, graphs, shape);
}

std::unique_ptr<Rung> make_tensor_steps_rung(std::optional<Fusion> fusion, Precision precision,
                                             const NetworkView& network, const ClustersView& clusters, int slots,
                                             StreamRef stream, bool graphs, const TensorStepsShape& shape) {
  if (fusion || network.carry) {
    return make_tensor_steps(fusion.value_or(Fusion::cell), precision, network, clusters, slots, stream, graphs, shape);
  }
  require_served(Fusion::cell, precision, network);
  const auto packed = std::make_shared<const PackedNetwork>(network, precision, stream);
  auto staggered = std::make_unique<TensorStaggeredSteps>(packed, network, clusters, std::min(slots, kStaggeredPieces),
                                                          stream, graphs, shape);
  if (slots <= kStaggeredPieces) return staggered;
  return std::make_unique<SuitedSteps>(
      std::move(staggered), std::make_unique<TensorCellSteps>(packed, network, clusters, slots, stream, graphs, shape));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
