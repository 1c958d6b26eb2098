// The one place where a rung and its sizes are chosen.
//
// What bits are written is never chosen by the number of pieces, nor by a table: a network, its precision and what the
// device can run decide on a family (suited_fusion in ../rung.h), which the recipe of a piece names; all ways of a
// family write the same bits (tests/kernels/generate/ways_test.cpp). Among those the table of the GPU chooses, by the
// network's class and the number of pieces:
//   1. of the table's classes with the network's precision and state mode, all of whose ways serve the network on this
//      device, the nearest (table.h), the first of several; its step for the number of pieces
//   2. where there is no table, or no such class: by estimate, from the device's limits alone
#pragma once

#include "kernels/device/shape.h"
#include "kernels/generate/dispatch/table.h"

namespace kernels {

/// Every way of the family that serves the network within the limits, sizes given; what bench/tune tries. A rung is
/// added here once it writes its family's bits.
std::vector<Way> ways_of(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits);

/// By paper (performance.md, section 2.4), for any GPU from sm_80 on; the sizes are the rungs' own.
WaySteps estimated_steps(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits);

/// Steps of the family for a network on a device.
class Ways {
 public:
  /// @param table  null: by estimate
  Ways(Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits,
       const TunedTable* table);
  /// One way for every number of pieces, for tests and benchmarks. @throws std::invalid_argument unless it is of the
  /// family and serves the network
  Ways(const Way& only, Fusion family, const NetworkView& network, Precision precision, const DeviceLimits& limits);

  Fusion family() const { return family_; }
  const Way& at(int pieces) const;
  /// The most pieces, of up to `slots`, for which the way is of this rung; 0: it is never taken.
  int most_pieces(Fusion fusion, int slots) const;
  /// Where this one rung is not to be had: what comes after it takes its pieces too; all, the rung of the family's name.
  Ways without(Fusion fusion) const;
  /// The table's class that was taken; null: by estimate.
  const NetworkClass* tuned() const { return tuned_; }

 private:
  Fusion family_;
  WaySteps steps_;
  const NetworkClass* tuned_ = nullptr;
};

}  // namespace kernels
