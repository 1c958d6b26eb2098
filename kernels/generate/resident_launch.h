// How the kernels that keep a network on chip are launched.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "kernels/device/shape.h"
#include "kernels/generate/dispatch/way.h"
#include "kernels/generate/resident.h"
#include "kernels/runtime/device.h"

namespace kernels::inline AFFETTO_PLATFORM {

inline ResidentShape resident_shape(const Way& way) { return {.cluster = way.cluster, .pieces = way.pieces}; }

/// Calls run(number) with the number of pieces as a constant.
template <class Run>
void with_pieces(int pieces, const Run& run) {
  if (pieces == kResidentPieces[0]) {
    run(std::integral_constant<int, kResidentPieces[0]>{});
  } else if (pieces == kResidentPieces[1]) {
    run(std::integral_constant<int, kResidentPieces[1]>{});
  } else {
    run(std::integral_constant<int, kResidentPieces[2]>{});
  }
}

/// No more clusters than the device runs at once: the others would load all weights again.
inline LaunchShape launch_shape(const ResidentPlan& plan, int rows, int multiprocessors, const ResidentShape& shape) {
  const int groups = (rows + plan.pieces - 1) / plan.pieces;
  const int at_once = shape.clusters != 0 ? shape.clusters : std::max(1, multiprocessors / plan.cluster);
  return {.grid = static_cast<unsigned>(std::min(groups, at_once) * plan.cluster),
          .block = static_cast<unsigned>(plan.threads),
          .cluster = static_cast<unsigned>(plan.cluster),
          .cooperative = false,
          .shared_bytes = plan.bytes};
}

/// Empty if some plan fits; else why none does, in words that end with the rung.
inline std::string why_too_large(const NetworkView& network, bool heads, const std::string& rung) {
  const DeviceLimits limits = device_limits();
  if (fitting_plan(network, heads, 1, limits)) return "";
  const int cluster = limits.cluster;
  const ResidentPlan smallest = plan_of(network, heads, {.cluster = cluster, .pieces = kResidentPieces[0]});
  const std::string where = cluster == 1 ? "the shared memory of one block, and this GPU has no clusters of several; "
                                         : "each of " + std::to_string(cluster) + " blocks' shared memory; ";
  return "the network takes " + std::to_string(smallest.bytes) + " bytes in " + where + rung +
         " serves those that take " + std::to_string(limits.shared_bytes) + " at most";
}

/// @throws std::invalid_argument for a rung without slots, or a view with more rows than those
inline void check_slots(const std::string& who, int slots) {
  if (slots < 1) throw std::invalid_argument(who + ": slots = " + std::to_string(slots) + "; at least 1");
}
inline void check_rows(const std::string& who, int rows, int slots) {
  if (rows >= 1 && rows <= slots) return;
  throw std::invalid_argument(who + ": rows = " + std::to_string(rows) + "; 1 to the " + std::to_string(slots) +
                              " slots it was made for");
}

/// @throws std::invalid_argument unless a plan of the shape fits
inline void check_shape(const NetworkView& network, bool heads, const ResidentShape& shape, const std::string& who) {
  if (fitting_plan(network, heads, 1, device_limits(), shape)) return;
  throw std::invalid_argument(who + ": the network does not fit " + std::to_string(shape.cluster) + " blocks with " +
                              std::to_string(shape.pieces) + " pieces (0: any number)");
}

}  // namespace kernels::inline AFFETTO_PLATFORM
