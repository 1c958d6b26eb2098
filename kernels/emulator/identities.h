// A supply of identities for the race detector: making one takes the system some 0.2 ms, so they are used again, but
// only once the host knows what they knew (at the end of an epoch, see machine.h). Does nothing in other builds.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/emulator/race.h"

namespace kernels::emulator {

class Identities {
 public:
  static Identities& instance();
  /// An identity that knows what the running one knows. @param sync  an object of the running one's alone
  /// @return null in builds without the detector, or where there are `kMost` already
  race::Identity take(void* sync);
  /// The host comes after everything that was done, and all identities are free again; those of abandoned fibers, whose
  /// call stacks never ended, are destroyed.
  void end_epoch(bool abandoned);

  static constexpr std::size_t kMost = 7000;  ///< the detector ends the program at some 8,000

 private:
  Identities();
  std::vector<race::Identity> free_, used_;  // reserved: identities are taken on fibers, too
  char sync_ = 0;
};

}  // namespace kernels::emulator
