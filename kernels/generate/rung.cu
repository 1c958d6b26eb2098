#include <stdexcept>

#include "kernels/device/shape.h"
#include "kernels/generate/cell.h"
#include "kernels/generate/loop.h"
#include "kernels/generate/pointwise.h"
#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/clustered/plan.h"
#include "kernels/generate/tensor/clustered/rung.h"
#include "kernels/generate/tensor/plan.h"
#include "kernels/generate/tensor/rung.h"
#include "kernels/generate/tensor/spread/rung.h"
#include "kernels/generate/tensor/steps/rung.h"
#include "kernels/generate/unfused.h"
#include "kernels/generate/window.h"
#include "kernels/runtime/device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

/// On chip where that is possible, else by launches.
bool on_chip(Fusion fusion, const NetworkView& network) { return why_not_tensor_rung(fusion, network).empty(); }

/// What no block keeps on chip alone, many can: carry mode's loop, window mode's cluster. The network alone decides, by
/// the largest block and cluster there are, so that a rung's name in a recipe stands for the same bits on every GPU.
bool on_many_blocks(Fusion fusion, const NetworkView& network) {
  return fusion == clustered_fusion(network) && !why_not_tensor(network, DeviceLimits{}, "").empty();
}

/// One cluster where that holds the network, which writes the bits of launches; else all blocks, whose sums have an
/// order of their own.
bool on_one_cluster(const NetworkView& network) {
  return why_not_clustered(network, kClusteredBlocks[0], "").empty();
}

std::string why_not_16_bits(Fusion fusion, const NetworkView& network) {
  if (why_not_tensor_steps(fusion, network).empty()) return "";
  if (!on_many_blocks(fusion, network)) return why_not_tensor_rung(fusion, network);
  return on_one_cluster(network) ? why_not_clustered_rung(fusion, network) : why_not_spread_rung(fusion, network);
}

}  // namespace

std::string why_not(Fusion fusion, const NetworkView& network, Precision precision) {
  if (precision != Precision::fp32) return why_not_16_bits(fusion, network);
  if (fusion > Fusion::loop) {
    return std::string("fp32 is not multiplied on tensor cores; rung ") + name_of(fusion) + " serves fp16 and bf16";
  }
  switch (fusion) {
    case Fusion::unfused:
    case Fusion::pointwise:
    case Fusion::cell:
      return "";
    case Fusion::window:
      return why_not_window(network);
    default:
      return why_not_loop(fusion, network);
  }
}

std::unique_ptr<Rung> make_rung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                StreamRef stream, bool graphs, Precision precision) {
  if (precision != Precision::fp32 && why_not_tensor_steps(fusion, network).empty() && !on_chip(fusion, network)) {
    return make_tensor_steps(fusion, precision, network, clusters, slots, stream, graphs);
  }
  if (precision != Precision::fp32 && on_many_blocks(fusion, network)) {
    if (on_one_cluster(network)) return make_clustered_rung(precision, network, clusters, slots, stream);
    if (const std::string why = why_not_spread_rung(fusion, network); !why.empty()) throw std::invalid_argument(why);
    return make_spread_rung(precision, network, clusters, slots, stream);
  }
  if (precision != Precision::fp32) return make_tensor_rung(fusion, precision, network, clusters, slots, stream);
  if (fusion == suited_fusion(network, precision)) {
    const Ways ways = ways_here(fusion, network, precision);
    return make_suited_rung(network, clusters, slots, stream, graphs, precision, ways);
  }
  if (fusion == Fusion::note || fusion == Fusion::loop) {
    return make_loop_rung(fusion, network, clusters, slots, stream);
  }
  return make_steps(fusion, network, clusters, slots, stream, graphs);
}

std::unique_ptr<Steps> make_steps(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                  StreamRef stream, bool graphs, Precision precision) {
  if (precision != Precision::fp32) {
    return make_tensor_steps(fusion, precision, network, clusters, slots, stream, graphs);
  }
  switch (fusion) {
    case Fusion::unfused:
      return make_unfused_steps(network, clusters, slots, stream, graphs);
    case Fusion::pointwise:
      return make_pointwise_steps(network, clusters, slots, stream, graphs);
    case Fusion::cell:
      return make_cell_steps(network, clusters, slots, stream, graphs);
    case Fusion::window:
      return make_window_steps(network, clusters, slots, stream, graphs);
    default:
      throw std::invalid_argument(std::string("its steps cannot be asked for one by one: rung ") + name_of(fusion));
  }
}

Fusion suited_fusion(const NetworkView& network, Precision precision) {
  if (precision != Precision::fp32) return on_chip(Fusion::loop, network) ? Fusion::loop : Fusion::cell;
  for (const Fusion fusion : {Fusion::loop, Fusion::window}) {  // note serves where loop does
    if (why_not(fusion, network, precision).empty()) return fusion;
  }
  return Fusion::cell;
}

Ways ways_here(Fusion family, const NetworkView& network, Precision precision) {
  return {family, network, precision, device_limits(), table_in_force()};
}

std::unique_ptr<Rung> make_suited_rung(const NetworkView& network, const ClustersView& clusters, int slots,
                                       StreamRef stream, bool graphs, Precision precision, const Ways& ways) {
  const bool loop = ways.family() == Fusion::loop;
  if (precision != Precision::fp32) {
    if (loop) return make_tensor_rung(ways, precision, network, clusters, slots, stream);
    const Ways launches = ways.without(clustered_fusion(network));
    return with_clustered(make_tensor_steps_rung(launches, precision, network, clusters, slots, stream, graphs), ways,
                          precision, network, clusters, slots, stream);
  }
  if (loop) return make_loop_rung(ways, network, clusters, slots, stream);
  if (ways.family() == Fusion::window) return make_window_steps(ways, network, clusters, slots, stream, graphs);
  return make_cell_steps(network, clusters, slots, stream, graphs, ways);
}

const TunedTable* table_in_force() {
#if defined(AFFETTO_EMULATED)
  return table_of(device_state().info);  // another one under each scope
#else
  static const TunedTable* const table = table_of(device_state().info);
  return table;
#endif
}

}  // namespace kernels::inline AFFETTO_PLATFORM
