#include "kernels/emulator/scheduler.h"

#include <bit>
#include <utility>

namespace kernels::emulator {
namespace {

unsigned lowest(std::uint32_t bits) { return static_cast<unsigned>(std::countr_zero(bits)); }
unsigned highest(std::uint32_t bits) { return 31u - static_cast<unsigned>(std::countl_zero(bits)); }

}  // namespace

void Scheduler::add(Warp& warp) {
  warp.slot = static_cast<unsigned>(warps_.size());
  warps_.push_back(&warp);
  slot_of_rank_.push_back(warp.slot);
  rank_of_slot_.push_back(warp.slot);
  ready_.resize(warps_.size() / 64 + 1);
  // The search begins behind the last warp, that is with the first.
  cursor_rank_ = warp.slot;
  cursor_lane_ = policy_ == Policy::kReverse ? 0 : kWarpThreads - 1;
  until_redraw_ = 0;
}

void Scheduler::make_ready(Thread& thread) {
  thread.state = State::kReady;
  thread.warp->ready |= 1u << thread.lane;
  const unsigned rank = rank_of_slot_[thread.warp->slot];
  ready_[rank / 64] |= std::uint64_t{1} << (rank % 64);
}

Thread* Scheduler::take(unsigned rank, unsigned lane) {
  Warp& warp = *warps_[slot_of_rank_[rank]];
  warp.ready &= ~(1u << lane);
  if (warp.ready == 0) ready_[rank / 64] &= ~(std::uint64_t{1} << (rank % 64));
  cursor_rank_ = rank;
  cursor_lane_ = lane;
  return warp.lanes[lane];
}

Thread* Scheduler::next() {
  if (warps_.empty()) return nullptr;
  switch (policy_) {
    case Policy::kFifo:
      return next_forward();
    case Policy::kReverse:
      return next_backward();
    case Policy::kWarpPriority:
      return next_by_priority();
  }
  return nullptr;
}

int Scheduler::find_forward(unsigned from) const {
  const auto words = static_cast<unsigned>(ready_.size());
  for (unsigned i = 0; i <= words; ++i) {
    const unsigned word = (from / 64 + i) % words;
    std::uint64_t bits = ready_[word];
    if (i == 0) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return static_cast<int>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
  }
  return -1;
}

// The lanes of a warp in order, then the next warp.
Thread* Scheduler::next_forward() {
  const std::uint32_t here = warps_[slot_of_rank_[cursor_rank_]]->ready;
  const std::uint32_t later = cursor_lane_ >= 31 ? 0 : here & (~0u << (cursor_lane_ + 1));
  if (later != 0) return take(cursor_rank_, lowest(later));
  const int rank = find_forward(cursor_rank_ + 1);
  return rank < 0 ? nullptr : take(static_cast<unsigned>(rank), lowest(ready_lanes(rank)));
}

// The same with lanes from the last; the machine adds the warps from the last, too.
Thread* Scheduler::next_backward() {
  const std::uint32_t here = warps_[slot_of_rank_[cursor_rank_]]->ready;
  const std::uint32_t earlier = here & ((1u << cursor_lane_) - 1);
  if (earlier != 0) return take(cursor_rank_, highest(earlier));
  const int rank = find_forward(cursor_rank_ + 1);
  return rank < 0 ? nullptr : take(static_cast<unsigned>(rank), highest(ready_lanes(rank)));
}

Thread* Scheduler::next_by_priority() {
  if (until_redraw_-- == 0) redraw();
  const int rank = find_forward(0);
  if (rank < 0) return nullptr;
  // Within a warp the next lane is any: a cyclic search from a random one.
  const unsigned turn = random_.below(kWarpThreads);
  const unsigned first = lowest(std::rotr(ready_lanes(rank), static_cast<int>(turn)));
  return take(static_cast<unsigned>(rank), (first + turn) % kWarpThreads);
}

void Scheduler::redraw() {
  until_redraw_ = std::uint64_t{16} << random_.below(9);  // 16 to 4,096 turns: from short leads to long ones
  for (unsigned i = static_cast<unsigned>(warps_.size()); i > 1; --i) {
    std::swap(slot_of_rank_[i - 1], slot_of_rank_[random_.below(i)]);
  }
  for (std::uint64_t& word : ready_) word = 0;
  for (unsigned rank = 0; rank < warps_.size(); ++rank) {
    rank_of_slot_[slot_of_rank_[rank]] = rank;
    if (warps_[slot_of_rank_[rank]]->ready != 0) ready_[rank / 64] |= std::uint64_t{1} << (rank % 64);
  }
}

}  // namespace kernels::emulator
