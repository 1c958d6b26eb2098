#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/device/launch.cuh"
#include "kernels/generate/loop.cuh"
#include "kernels/generate/loop.h"
#include "kernels/generate/resident_launch.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class LoopRung final : public Rung {
 public:
  LoopRung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream,
           const ResidentShape& shape, std::optional<Ways> ways)
      : fusion_(fusion),
        shape_(shape),
        ways_(std::move(ways)),
        limits_(device_limits()),
        slots_(slots),
        stream_(stream) {
    check_slots(who(), slots);
    check_shape(network, true, shape, who());
    op_.choose.network = network;
    op_.choose.clusters = clusters;
  }

  void advance(const PiecesView& pieces, const OutputView& output, int notes) override {
    check_rows(who(), pieces.rows, slots_);
    if (notes < 1) return;
    op_.choose.pieces = pieces;
    op_.choose.output = output;
    if (ways_) shape_ = resident_shape(ways_->at(pieces.rows));
    op_.plan = fitting_plan(op_.choose.network, true, pieces.rows, limits_, shape_).value();
    const int launches = fusion_ == Fusion::loop ? 1 : notes;
    op_.notes = notes / launches;
    for (int i = 0; i < launches; ++i) launch_loop();
  }

 private:
  std::string who() const { return std::string("rung ") + name_of(fusion_); }
  void launch_loop() const {
    with_pieces(op_.plan.pieces, [&](auto pieces) {
      launch(name_of(fusion_), loop_kernel<pieces()>,
             launch_shape(op_.plan, op_.choose.pieces.rows, limits_.multiprocessors, shape_), stream_, op_);
    });
  }

  Fusion fusion_;
  ResidentShape shape_;
  std::optional<Ways> ways_;  ///< none: shape_ as it is
  DeviceLimits limits_;
  int slots_;
  StreamRef stream_;
  LoopOp op_;
};

}  // namespace

std::string why_not_loop(Fusion fusion, const NetworkView& network) {
  const std::string rung = std::string("rung ") + name_of(fusion);
  if (const std::string why = why_not_heads(network, kMaxCandidates, rung); !why.empty()) return why;
  return why_too_large(network, true, rung);
}

std::unique_ptr<Rung> make_loop_rung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                     StreamRef stream, const ResidentShape& shape) {
  if (const std::string why = why_not_loop(fusion, network); !why.empty()) throw std::invalid_argument(why);
  return std::make_unique<LoopRung>(fusion, network, clusters, slots, stream, shape, std::nullopt);
}

std::unique_ptr<Rung> make_loop_rung(const Ways& ways, const NetworkView& network, const ClustersView& clusters,
                                     int slots, StreamRef stream) {
  if (const std::string why = why_not_loop(Fusion::loop, network); !why.empty()) throw std::invalid_argument(why);
  return std::make_unique<LoopRung>(Fusion::loop, network, clusters, slots, stream, ResidentShape{}, ways);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
