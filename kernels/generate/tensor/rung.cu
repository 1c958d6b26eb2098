#include <algorithm>
#include <stdexcept>

#include "kernels/generate/resident_launch.h"
#include "kernels/generate/tensor/launch.h"
#include "kernels/generate/tensor/rung.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class TensorRung final : public Rung {
 public:
  TensorRung(const Ways& ways, Precision precision, const NetworkView& network, const ClustersView& clusters, int slots,
             StreamRef stream, int grid)
      : ways_(ways), precision_(precision), grid_(grid), limits_(device_limits()), slots_(slots), stream_(stream) {
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
    const Way& way = ways_.at(pieces.rows);
    op_.plan = plan_for(way, pieces.rows);
    const int groups = (pieces.rows + op_.plan.pieces - 1) / op_.plan.pieces;
    const int at_once = grid_ != 0 ? grid_ : std::max(1, limits_.multiprocessors / op_.plan.cluster);
    const LaunchShape shape{.grid = static_cast<unsigned>(std::min(groups, at_once) * op_.plan.cluster),
                            .block = static_cast<unsigned>(32 * (op_.plan.warps() + op_.plan.choosers)),
                            .cluster = static_cast<unsigned>(op_.plan.cluster),
                            .cooperative = false,
                            .shared_bytes = op_.plan.bytes};
    const auto launch_it = way.fusion == Fusion::loop      ? launch_tensor_loop
                           : way.fusion == Fusion::overlap ? launch_overlap
                                                           : launch_staggered;
    launch_it(precision_, op_, shape, stream_);
  }

 private:
  std::string who() const { return std::string("rung ") + name_of(ways_.at(1).fusion); }
  const NetworkView& network() const { return op_.choose.network; }

  TensorPlan plan_for(const Way& way, int rows) const {
    if (way.fusion == Fusion::loop) return tensor_loop_plan(network(), rows, limits_, kLoopForm, way.pieces);
    if (way.fusion == Fusion::overlap) return tensor_loop_plan(network(), rows, limits_, kOverlapForm, way.pieces);
    if (way.fusion == Fusion::staggered) return staggered_plan(network(), 1);
    return staggered_plan(network(), way.cluster != 0 ? way.cluster : suited_cluster(network().window));
  }

  Ways ways_;
  Precision precision_;
  int grid_;  ///< blocks in all, or clusters; 0: as many as there is room for
  DeviceLimits limits_;
  int slots_;
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
  const DeviceLimits limits = device_limits();
  if (fusion == Fusion::cluster && limits.cluster == 1) {
    return "this GPU, or the code that was compiled for it, has no clusters of blocks (sm_90 on); " + rung +
           " deals states out to one";
  }
  if (const std::string why = why_not_tensor(network, limits, rung); !why.empty() || fusion <= Fusion::overlap)
    return why;
  const int cluster = fusion == Fusion::cluster ? kPortableCluster : 1;
  if (staggered_fits(network, cluster, limits)) return "";
  return "a piece's " + std::to_string(network.window) + " states take " +
         std::to_string(staggered_plan(network, cluster).bytes) + " bytes of a block's shared memory; " + rung +
         " serves those that take " + std::to_string(limits.shared_bytes) + " at most";
}

namespace {

void require_16_bits(Precision precision) {
  if (precision == Precision::fp32) throw std::invalid_argument("make_tensor_rung: fp32 is not multiplied in 16 bits");
}

}  // namespace

std::unique_ptr<Rung> make_tensor_rung(Fusion fusion, Precision precision, const NetworkView& network,
                                       const ClustersView& clusters, int slots, StreamRef stream,
                                       const TensorShape& shape) {
  require_16_bits(precision);
  if (const std::string why = why_not_tensor_rung(fusion, network); !why.empty()) throw std::invalid_argument(why);
  const bool columns = fusion <= Fusion::overlap;
  const Way way{fusion, columns ? shape.pieces : 0, fusion == Fusion::cluster ? shape.cluster : 0};
  return std::make_unique<TensorRung>(Ways(way, Fusion::loop, network, precision, device_limits()), precision, network,
                                      clusters, slots, stream, shape.grid);
}

std::unique_ptr<Rung> make_tensor_rung(const Ways& ways, Precision precision, const NetworkView& network,
                                       const ClustersView& clusters, int slots, StreamRef stream) {
  require_16_bits(precision);
  if (const std::string why = why_not_tensor_rung(Fusion::loop, network); !why.empty())
    throw std::invalid_argument(why);
  return std::make_unique<TensorRung>(ways, precision, network, clusters, slots, stream, 0);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
