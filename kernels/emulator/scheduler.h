// Which ready thread runs next.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/emulator/random.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/thread.h"

namespace kernels::emulator {

class Scheduler {
 public:
  explicit Scheduler(const Schedule& schedule) : policy_(schedule.policy), random_(schedule.seed) {}

  /// Gives the warp its slot. On the host's stack only (it allocates).
  void add(Warp& warp);
  void make_ready(Thread& thread);
  /// Takes a thread out of the ready set; null where nobody is ready.
  Thread* next();
  /// True now and then under warp priority: here is a moment where the hardware might switch.
  bool whim() { return policy_ == Policy::kWarpPriority && random_.one_in(4); }
  Random& random() { return random_; }
  Policy policy() const { return policy_; }

 private:
  Thread* take(unsigned rank, unsigned lane);
  Thread* next_forward();
  Thread* next_backward();
  Thread* next_by_priority();
  void redraw();
  int find_forward(unsigned from) const;  // rank of the first ready warp at or after from, cyclically; -1: none
  std::uint32_t ready_lanes(int rank) const { return warps_[slot_of_rank_[static_cast<unsigned>(rank)]]->ready; }

  Policy policy_;
  Random random_;
  std::vector<Warp*> warps_;            // by slot
  std::vector<unsigned> slot_of_rank_;  // a permutation; the identity but for warp priority
  std::vector<unsigned> rank_of_slot_;
  std::vector<std::uint64_t> ready_;  // a bit per rank
  unsigned cursor_rank_ = 0, cursor_lane_ = 0;
  std::uint64_t until_redraw_ = 0;
};

}  // namespace kernels::emulator
