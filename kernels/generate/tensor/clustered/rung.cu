#include <algorithm>
#include <stdexcept>

#include "kernels/generate/resident_launch.h"
#include "kernels/generate/tensor/clustered/launch.h"
#include "kernels/generate/tensor/clustered/plan.h"
#include "kernels/generate/tensor/clustered/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// By estimate: a launch loads all weights anew, some 12 us; a note is some 5 us faster than by launches.
constexpr int kFewestNotes = 3;

/// The largest cluster that holds the network and that the device runs; 0: none.
int blocks_on_device(Precision precision, const NetworkView& network, StreamRef stream) {
  const DeviceLimits limits = device_limits();
  if (limits.cluster == 1 || limits.shared_bytes < kSharedLimit) return 0;
  for (const int blocks : kClusteredBlocks) {
    if (!cluster_holds(network, blocks)) continue;
    if (clusters_of(precision, clustered_plan(network, blocks, 1), stream) > 0) return blocks;
  }
  return 0;
}

std::string who_serves(const NetworkView& network) { return std::string("rung ") + name_of(clustered_fusion(network)); }

std::string refused(const std::string& rung) {
  return "this device runs no cluster of blocks that holds the network; " + rung + " on one cluster needs it";
}

class ClusteredRung final : public Rung {
 public:
  ClusteredRung(Precision precision, const NetworkView& network, const ClustersView& clusters, int slots,
                StreamRef stream, const TensorShape& shape)
      : precision_(precision), slots_(slots), stream_(stream) {
    op_.choose.network = network;
    op_.choose.clusters = clusters;
    check_slots(who(), slots);
    const int most_blocks = shape.cluster != 0 ? shape.cluster : kClusteredBlocks[0];
    if (const std::string why = why_not_clustered(network, most_blocks, who()); !why.empty()) {
      throw std::invalid_argument(why);
    }
    blocks_ = shape.cluster != 0 ? shape.cluster : blocks_on_device(precision, network, stream);
    if (blocks_ == 0) throw std::invalid_argument(refused(who()));
    if (!cluster_holds(network, blocks_)) {
      throw std::invalid_argument(who() + ": a cluster of " + std::to_string(blocks_) +
                                  " blocks, of which each must hold a part of the largest layer");
    }
    most_ = clustered_pieces(network, blocks_, shape.pieces != 0 ? std::min(shape.pieces, slots) : slots);
    clusters_ = shape.grid;
    if (clusters_ == 0) clusters_ = clusters_of(precision, clustered_plan(network, blocks_, most_), stream);
    if (clusters_ == 0) throw std::invalid_argument(refused(who()));
  }

  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    check_rows(who(), pieces.rows, slots_);
    if (notes < 1) return;
    op_.choose.pieces = pieces;
    op_.choose.output = output;
    op_.notes = notes;
    const int each = std::min(most_, (pieces.rows + clusters_ - 1) / clusters_);
    op_.plan = clustered_plan(op_.choose.network, blocks_, each);
    op_.clusters = std::min(clusters_, (pieces.rows + each - 1) / each);
    launch_clustered(precision_, op_, stream_);
  }

 private:
  std::string who() const { return who_serves(op_.choose.network); }

  Precision precision_;
  int slots_, blocks_ = 1, most_ = 1, clusters_ = 1;
  StreamRef stream_;
  ClusteredOp op_;
};

/// By one launch where that is the way, else by launches for every note.
class ClusteredOrLaunches final : public Rung {
 public:
  ClusteredOrLaunches(Ways ways, std::unique_ptr<Rung> clustered, std::unique_ptr<Rung> launches, Fusion fusion)
      : ways_(std::move(ways)), clustered_(std::move(clustered)), launches_(std::move(launches)), fusion_(fusion) {}
  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    const bool clustered = notes >= kFewestNotes && ways_.at(pieces.rows).fusion == fusion_;
    (clustered ? clustered_ : launches_)->advance(pieces, output, notes);
  }

 private:
  Ways ways_;
  std::unique_ptr<Rung> clustered_, launches_;
  Fusion fusion_;
};

}  // namespace

std::string why_not_clustered_rung(Fusion fusion, const NetworkView& network) {
  const std::string rung = std::string("rung ") + name_of(fusion);
  if (const std::string why = why_not_clustered(network, kClusteredBlocks[0], rung); !why.empty()) return why;
  if (!device_state().available) return "";  // who asks is told that first
  const Stream stream;
  return blocks_on_device(Precision::fp16, network, stream) > 0 ? "" : refused(rung);
}

std::unique_ptr<Rung> make_clustered_rung(Precision precision, const NetworkView& network, const ClustersView& clusters,
                                          int slots, StreamRef stream, const TensorShape& shape) {
  if (precision == Precision::fp32) {
    throw std::invalid_argument("make_clustered_rung: fp32 is not multiplied in 16 bits");
  }
  return std::make_unique<ClusteredRung>(precision, network, clusters, slots, stream, shape);
}

std::unique_ptr<Rung> with_clustered(std::unique_ptr<Rung> launches, const Ways& ways, Precision precision,
                                     const NetworkView& network, const ClustersView& clusters, int slots,
                                     StreamRef stream) {
  const Fusion fusion = clustered_fusion(network);
  const int most = ways.most_pieces(fusion, slots);
  if (most == 0 || !why_not_clustered_rung(fusion, network).empty()) return launches;
  auto clustered = std::make_unique<ClusteredRung>(precision, network, clusters, most, stream, TensorShape{});
  return std::make_unique<ClusteredOrLaunches>(ways, std::move(clustered), std::move(launches), fusion);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
