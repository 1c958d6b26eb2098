#include "kernels/emulator/warp.h"

#include <array>
#include <bit>
#include <utility>

#include "kernels/emulator/machine.h"

namespace kernels::emulator {
namespace {

constexpr std::array kNames = {"__syncwarp",        "__shfl_sync",       "__shfl_up_sync",    "__shfl_down_sync",
                               "__shfl_xor_sync",   "__ballot_sync",     "__any_sync",        "__all_sync",
                               "__match_any_sync",  "__match_all_sync",  "__reduce_add_sync", "__reduce_min_sync",
                               "__reduce_max_sync", "__reduce_and_sync", "__reduce_or_sync",  "__reduce_xor_sync",
                               "ldmatrix",          "ldmatrix_trans",    "mma (fp16)",        "mma (bf16)"};

// Errors that show when a lane arrives.
void check_call(const Warp& warp, const WarpCall& call, unsigned lane) {
  const char* name = name_of(call.op);
  if ((call.mask >> lane & 1u) == 0) {
    machine->fail(call.site, "%s: lane %u calls with mask 0x%08x, which is without it", name, lane, call.mask);
  }
  if ((call.mask & ~warp.present) != 0) {
    machine->fail(call.site, "%s: mask 0x%08x names lanes 0x%08x that the block does not have", name, call.mask,
                  call.mask & ~warp.present);
  }
  if ((call.mask & warp.exited) != 0) {
    machine->fail(call.site, "%s: mask 0x%08x names lanes 0x%08x that have exited", name, call.mask,
                  call.mask & warp.exited);
  }
  bool met = false;
  for (std::uint32_t rest = warp.calling; rest != 0; rest &= rest - 1) {
    const auto other = static_cast<unsigned>(std::countr_zero(rest));
    const WarpCall& theirs = *warp.calls[other];
    if ((theirs.mask & call.mask) == 0) continue;
    if (theirs.mask != call.mask) {
      machine->fail(call.site, "%s: mask 0x%08x overlaps 0x%08x, with which lane %u waits in %s at %s:%u", name,
                    call.mask, theirs.mask, other, name_of(theirs.op), theirs.site.file_name(), theirs.site.line());
    }
    if (std::exchange(met, true)) continue;  // lanes of one mask were compared with each other as they came
    if (theirs.op != call.op || !same_site(theirs.site, call.site)) {
      machine->fail(call.site, "%s: lane %u of the same mask waits in %s at %s:%u:%u", name, other, name_of(theirs.op),
                    theirs.site.file_name(), theirs.site.line(), theirs.site.column());
    }
  }
}

void carry_out(const Warp& warp, const WarpCall& call) {
  const WarpCall* const* lanes = warp.calls.data();
  switch (call.op) {
    case WarpOp::kSync:
      return;
    case WarpOp::kShuffle:
    case WarpOp::kShuffleUp:
    case WarpOp::kShuffleDown:
    case WarpOp::kShuffleXor:
      return do_shuffle(lanes, call.mask, warp.present);
    case WarpOp::kBallot:
    case WarpOp::kAny:
    case WarpOp::kAll:
    case WarpOp::kMatchAny:
    case WarpOp::kMatchAll:
      return do_vote(lanes, call.mask);
    case WarpOp::kReduceAdd:
    case WarpOp::kReduceMin:
    case WarpOp::kReduceMax:
    case WarpOp::kReduceAnd:
    case WarpOp::kReduceOr:
    case WarpOp::kReduceXor:
      return do_reduce(lanes, call.mask);
    case WarpOp::kLdmatrix:
    case WarpOp::kLdmatrixTransposed:
      return do_ldmatrix(lanes, call.op == WarpOp::kLdmatrixTransposed);
    case WarpOp::kMmaHalf:
    case WarpOp::kMmaBfloat16:
      return do_mma(lanes, call.op == WarpOp::kMmaBfloat16);
  }
}

}  // namespace

const char* name_of(WarpOp op) { return kNames[static_cast<std::size_t>(op)]; }

void warp_meet(WarpCall& call) {
  Thread& self = *running;
  Warp& warp = *self.warp;
  check_call(warp, call, self.lane);
  char* sync = &warp.lanes[std::countr_zero(call.mask)]->warp_sync;
  if (call.op == WarpOp::kSync) race::release(sync);
  warp.calls[self.lane] = &call;
  warp.calling |= 1u << self.lane;
  if ((warp.calling & call.mask) != call.mask) {
    machine->wait(name_of(call.op), call.site);
    return;
  }
  carry_out(warp, call);
  warp.calling &= ~call.mask;
  for (unsigned lane = 0; lane < kWarpThreads; ++lane) {
    if ((call.mask >> lane & 1u) == 0) continue;
    Thread& thread = *warp.lanes[lane];
    if (race::kEnabled && call.op == WarpOp::kSync) {
      const race::As them(thread.fiber.identity);
      race::acquire(sync);
    }
    if (&thread != &self) machine->wake(thread);
  }
  machine->yield_now_and_then();
}

std::uint32_t active_mask() { return running->warp->present & ~running->warp->exited; }

}  // namespace kernels::emulator
