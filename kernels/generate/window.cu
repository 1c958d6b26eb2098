#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/device/launch.cuh"
#include "kernels/generate/cell.h"
#include "kernels/generate/resident_launch.h"
#include "kernels/generate/window.cuh"
#include "kernels/generate/window.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class WindowSteps final : public ComposedSteps {
 public:
  WindowSteps(const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream, bool graphs,
              const ResidentShape& shape, std::optional<Ways> ways)
      : ComposedSteps("window", network, clusters, slots, stream, graphs),
        levels_(readout_levels(network)),
        shape_(shape),
        ways_(std::move(ways)),
        limits_(device_limits()) {
    check_shape(network, false, shape, "rung window");
  }

 private:
  void step(const PiecesView& pieces, int) override { run(pieces, true); }
  void replay(const PiecesView& pieces) override { run(pieces, false); }

  void run(const PiecesView& pieces, bool feeding) {
    if (ways_) shape_ = resident_shape(ways_->at(pieces.rows));
    const ResidentPlan plan = fitting_plan(network(), false, pieces.rows, limits_, shape_).value();
    with_pieces(plan.pieces, [&](auto number) {
      launch("window", window_kernel<number()>, launch_shape(plan, pieces.rows, limits_.multiprocessors, shape_),
             stream(), WindowOp{network(), pieces, plan, feeding});
    });
  }

  void readout(const PiecesView& pieces) override {
    for (DenseLevel& level : levels_) {
      level.pieces = pieces;
      level.state = pieces.h[network().layer_count - 1];
      dense_level(level, BlockRows::by_rows, stream());
    }
  }

  std::vector<DenseLevel> levels_;
  ResidentShape shape_;
  std::optional<Ways> ways_;  ///< none: shape_ as it is
  DeviceLimits limits_;
};

}  // namespace

std::string why_not_window(const NetworkView& network) { return why_too_large(network, false, "rung window"); }

std::unique_ptr<Steps> make_window_steps(const NetworkView& network, const ClustersView& clusters, int slots,
                                         StreamRef stream, bool graphs, const ResidentShape& shape) {
  if (const std::string why = why_not_window(network); !why.empty()) throw std::invalid_argument(why);
  return std::make_unique<WindowSteps>(network, clusters, slots, stream, graphs, shape, std::nullopt);
}

std::unique_ptr<Steps> make_window_steps(const Ways& ways, const NetworkView& network, const ClustersView& clusters,
                                         int slots, StreamRef stream, bool graphs) {
  if (const std::string why = why_not_window(network); !why.empty()) throw std::invalid_argument(why);
  return std::make_unique<WindowSteps>(network, clusters, slots, stream, graphs, ResidentShape{}, ways);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
