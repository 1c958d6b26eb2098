#include <algorithm>
#include <stdexcept>

#include "kernels/generate/resident_launch.h"
#include "kernels/generate/tensor/launch.h"
#include "kernels/generate/tensor/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// As few blocks as leave each at most one tile of states; more than 8 are not portable.
int cluster_for(const NetworkView& network) {
  int cluster = 2;
  while (cluster < 8 && network.window > cluster * kTileColumns) cluster *= 2;
  return cluster;
}

/// By estimate (performance.md, section 2.4), until a table is measured. Carry: while a block has no more pieces than a
/// tile has columns, its choosers keep up with its products. Windows: staggered states take a block, or a cluster, for
/// each piece, and repay that while every piece has one; a replay of many pieces fills its tiles better.
Fusion fusion_for(const NetworkView& network, int rows, int multiprocessors) {
  if (network.carry) return rows <= kTileColumns * multiprocessors ? Fusion::overlap : Fusion::loop;
  if (rows * cluster_for(network) <= multiprocessors) return Fusion::cluster;
  return rows <= multiprocessors ? Fusion::staggered : Fusion::loop;
}

class TensorRung final : public Rung {
 public:
  TensorRung(std::optional<Fusion> fusion, Precision precision, const NetworkView& network,
             const ClustersView& clusters, int slots, StreamRef stream, const TensorShape& shape)
      : fusion_(fusion),
        precision_(precision),
        shape_(shape),
        multiprocessors_(multiprocessors()),
        slots_(slots),
        stream_(stream) {
    check_slots(who(), slots);
    op_.choose.network = network;
    op_.choose.clusters = clusters;
  }

  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    check_rows(who(), pieces.rows, slots_);
    if (notes < 1) return;
    op_.choose.pieces = pieces;
    op_.choose.output = output;
    op_.notes = notes;
    const Fusion fusion = fusion_.value_or(fusion_for(network(), pieces.rows, multiprocessors_));
    op_.plan = plan_for(fusion, pieces.rows);
    const int groups = (pieces.rows + op_.plan.pieces - 1) / op_.plan.pieces;
    const int at_once = shape_.grid != 0 ? shape_.grid : std::max(1, multiprocessors_ / op_.plan.cluster);
    const LaunchShape shape{.grid = static_cast<unsigned>(std::min(groups, at_once) * op_.plan.cluster),
                            .block = static_cast<unsigned>(32 * (op_.plan.warps() + op_.plan.choosers)),
                            .cluster = static_cast<unsigned>(op_.plan.cluster),
                            .cooperative = false,
                            .shared_bytes = op_.plan.bytes};
    const auto launch_it = fusion == Fusion::loop      ? launch_tensor_loop
                           : fusion == Fusion::overlap ? launch_overlap
                                                       : launch_staggered;
    launch_it(precision_, op_, shape, stream_);
  }

 private:
  std::string who() const { return std::string("rung ") + name_of(fusion_.value_or(Fusion::loop)); }
  const NetworkView& network() const { return op_.choose.network; }

  TensorPlan plan_for(Fusion fusion, int rows) const {
    if (fusion == Fusion::loop) return tensor_loop_plan(network(), rows, multiprocessors_, kLoopForm, shape_.pieces);
    if (fusion == Fusion::overlap)
      return tensor_loop_plan(network(), rows, multiprocessors_, kOverlapForm, shape_.pieces);
    const int wanted = shape_.cluster != 0 ? shape_.cluster : cluster_for(network());
    const int cluster = fusion == Fusion::cluster ? wanted : 1;
    return tensor_plan(network(), 1, (network().window + cluster - 1) / cluster, kStaggeredForm, cluster);
  }

  std::optional<Fusion> fusion_;
  Precision precision_;
  TensorShape shape_;
  int multiprocessors_, slots_;
  StreamRef stream_;
  TensorOp op_;
};

}  // namespace

std::string why_not_tensor_rung(Fusion fusion, const NetworkView& network) {
  const std::string rung = std::string("rung ") + name_of(fusion);
  if (fusion < Fusion::loop) return rung + " computes in fp32; cell, loop and what follows it have 16-bit forms";
  if (fusion == Fusion::overlap && !network.carry) {
    return "a replay begins with nothing to multiply before the note is there; rung overlap serves carried states";
  }
  if (fusion > Fusion::overlap && network.carry)
    return "a carried state is one step a note; " + rung + " serves windows";
  return why_not_tensor(network, rung);
}

std::unique_ptr<Rung> make_tensor_rung(std::optional<Fusion> fusion, Precision precision, const NetworkView& network,
                                       const ClustersView& clusters, int slots, StreamRef stream,
                                       const TensorShape& shape) {
  if (precision == Precision::fp32) throw std::invalid_argument("make_tensor_rung: fp32 is not multiplied in 16 bits");
  if (const std::string why = why_not_tensor_rung(fusion.value_or(Fusion::loop), network); !why.empty())
    throw std::invalid_argument(why);
  return std::make_unique<TensorRung>(fusion, precision, network, clusters, slots, stream, shape);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
