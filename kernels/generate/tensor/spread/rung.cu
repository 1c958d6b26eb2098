#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "kernels/generate/resident_launch.h"
#include "kernels/generate/tensor/spread/launch.h"
#include "kernels/generate/tensor/spread/rung.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

Fusion fusion_of(const NetworkView& network) { return network.carry ? Fusion::loop : Fusion::cluster; }

const char* what_was_awaited(std::uint32_t code) {
  return code == kWaitedForHidden ? "h of a layer" : code == kWaitedForReadout ? "outputs of the heads" : "a new note";
}

class SpreadRung final : public Rung {
 public:
  SpreadRung(Precision precision, const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream,
             const TensorShape& shape)
      : precision_(precision), slots_(slots), stream_(stream), mailbox_(1) {
    op_.choose.network = network;
    op_.choose.clusters = clusters;
    check_slots(who(), slots);
    const DeviceLimits limits = device_limits();
    blocks_ = shape.grid != 0 ? shape.grid : limits.multiprocessors;
    most_ =
        spread_pieces(network, blocks_, shape.pieces != 0 ? std::min(shape.pieces, slots) : slots, limits.shared_bytes);
    if (most_ < 1) throw std::invalid_argument(why_not_spread(network, blocks_, who(), limits.shared_bytes));
    const SpreadPlan largest = spread_plan(network, blocks_, most_);
    cluster_ = shape.cluster != 0    ? shape.cluster
               : limits.cluster == 1 ? 1
                                     : spread_cluster(precision, largest, stream);
    cluster_columns_ = shape.cluster != 0 ? 1 : kClusterColumns;
    if (largest.blocks % cluster_ != 0) {
      throw std::invalid_argument(who() + ": clusters of " + std::to_string(cluster_) + " of " +
                                  std::to_string(largest.blocks) + " blocks");
    }
    take_words(largest);
    mailbox_[0] = 0;
    op_.watchdog.mailbox = mailbox_.data();
  }

  /// @throws CudaError too where an earlier launch ended because a block waited in vain
  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    check_rows(who(), pieces.rows, slots_);
    check_mailbox();
    if (notes < 1) return;
    op_.choose.pieces = pieces;
    op_.choose.output = output;
    op_.notes = notes;
    for (op_.first = 0; op_.first < pieces.rows; op_.first += most_) {
      op_.plan = spread_plan(op_.choose.network, blocks_, std::min(most_, pieces.rows - op_.first));
      op_.plan.cluster = op_.plan.columns() >= cluster_columns_ ? cluster_ : 1;
      take_tags(tags_of(op_.choose.network, notes));
      launch_spread(precision_, op_, stream_);
    }
  }

 private:
  std::string who() const { return std::string("rung ") + name_of(fusion_of(op_.choose.network)); }

  void take_words(const SpreadPlan& plan) {
    const auto layers = static_cast<std::size_t>(op_.choose.network.layer_count);
    for (int l = 0; l < op_.choose.network.layer_count; ++l) {
      op_.words.quads = std::max(op_.words.quads, plan.matrix[hh_matrix(l)].tiles);
    }
    op_.words.columns = plan.columns();
    const auto of = [](int count) { return static_cast<std::size_t>(count); };
    hidden_ = {stream_, 2 * layers * of(op_.words.quads) * of(op_.words.columns)};
    readout_ = {stream_, of(plan.pieces) * of(plan.outputs)};
    notes_ = {stream_, of(plan.pieces)};
    op_.words.h = hidden_.data();
    op_.words.readout = readout_.data();
    op_.words.notes = notes_.data();
    forget_tags();
  }
  /// The next launch begins with tag 1.
  void forget_tags() {
    hidden_.fill(0);
    readout_.fill(0);
    notes_.fill(0);
    next_tag_ = 1;
  }
  /// No tag is used twice while it may still lie in memory.
  void take_tags(std::uint64_t count) {
    if (next_tag_ + count > std::numeric_limits<std::uint32_t>::max()) forget_tags();
    op_.tag = static_cast<std::uint32_t>(next_tag_);
    next_tag_ += count;
  }
  void check_mailbox() const {
    if (mailbox_[0] == 0) return;
    throw CudaError("spread", who(), "a block waited in vain",
                    std::string("for ") + what_was_awaited(mailbox_[0]) + " from another block; make the rung anew");
  }

  Precision precision_;
  int slots_, blocks_ = 1, most_ = 1;
  int cluster_ = 1, cluster_columns_ = 1;  ///< from so many columns on clusters of so many blocks
  StreamRef stream_;
  SpreadOp op_;
  DeviceBuffer<Tagged<HiddenQuad>> hidden_;
  DeviceBuffer<Tagged<float>> readout_;
  DeviceBuffer<Tagged<Played>> notes_;
  PinnedBuffer<std::uint32_t> mailbox_;
  std::uint64_t next_tag_ = 1;
};

}  // namespace

std::string why_not_spread_rung(Fusion fusion, const NetworkView& network) {
  const DeviceLimits limits = device_limits();
  return why_not_spread(network, limits.multiprocessors, std::string("rung ") + name_of(fusion), limits.shared_bytes);
}

std::unique_ptr<Rung> make_spread_rung(Precision precision, const NetworkView& network, const ClustersView& clusters,
                                       int slots, StreamRef stream, const TensorShape& shape) {
  return std::make_unique<SpreadRung>(precision, network, clusters, slots, stream, shape);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
