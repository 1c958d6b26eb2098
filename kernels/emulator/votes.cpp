// Shuffles, votes, matches and reductions of a warp.
#include <algorithm>
#include <bit>

#include "kernels/emulator/machine.h"
#include "kernels/emulator/warp.h"

namespace kernels::emulator {
namespace {

template <typename Operand>
Operand& operand(const WarpCall& call) {
  return *static_cast<Operand*>(call.operand);
}

template <typename Function>
void for_each_lane(std::uint32_t mask, Function function) {
  for (; mask != 0; mask &= mask - 1) function(static_cast<unsigned>(std::countr_zero(mask)));
}

// Which lane's value a lane takes, by PTX's rules for shfl.sync: out of its segment means its own.
int source_lane(WarpOp op, int lane, int by, int width) {
  const int first = lane & ~(width - 1), last = first + width - 1;
  switch (op) {
    case WarpOp::kShuffle:
      return first + (by & (width - 1));
    case WarpOp::kShuffleUp:
      return lane - by < first ? lane : lane - by;
    case WarpOp::kShuffleDown:
      return lane + by > last ? lane : lane + by;
    default:
      return (lane ^ by) > last ? lane : lane ^ by;
  }
}

std::uint32_t reduced(WarpOp op, bool is_signed, std::uint32_t a, std::uint32_t b) {
  const bool less = is_signed ? static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) : a < b;
  switch (op) {
    case WarpOp::kReduceAdd:
      return a + b;
    case WarpOp::kReduceMin:
      return less ? a : b;
    case WarpOp::kReduceMax:
      return less ? b : a;
    case WarpOp::kReduceAnd:
      return a & b;
    case WarpOp::kReduceOr:
      return a | b;
    default:
      return a ^ b;
  }
}

}  // namespace

void do_shuffle(const WarpCall* const* lanes, std::uint32_t mask, std::uint32_t present) {
  std::uint64_t given[kWarpThreads] = {};
  for_each_lane(mask, [&](unsigned lane) { given[lane] = operand<ShuffleOperand>(*lanes[lane]).value; });
  for_each_lane(mask, [&](unsigned lane) {
    const WarpCall& call = *lanes[lane];
    ShuffleOperand& mine = operand<ShuffleOperand>(call);
    if (mine.width < 1 || mine.width > 32 || !std::has_single_bit(static_cast<unsigned>(mine.width))) {
      machine->fail(call.site, "%s: width %d: wanted a power of two up to 32", name_of(call.op), mine.width);
    }
    const int from = source_lane(call.op, static_cast<int>(lane), mine.by, mine.width);
    if (from < 0 || from > 31 || (mask >> from & 1u) == 0) {
      machine->fail(call.site, "%s: lane %u takes the value of lane %d, which is not in mask 0x%08x (present 0x%08x)",
                    name_of(call.op), lane, from, mask, present);
    }
    mine.value = given[from];
  });
}

void do_vote(const WarpCall* const* lanes, std::uint32_t mask) {
  const auto value = [&](unsigned lane) { return operand<VoteOperand>(*lanes[lane]).value; };
  const WarpOp op = lanes[std::countr_zero(mask)]->op;
  const auto equal_to = [&](std::uint64_t wanted) {
    std::uint32_t equal = 0;
    for_each_lane(mask, [&](unsigned lane) { equal |= (value(lane) == wanted ? 1u : 0u) << lane; });
    return equal;
  };
  const std::uint32_t ballot = mask & ~equal_to(0);
  for_each_lane(mask, [&](unsigned lane) {
    std::uint32_t& result = operand<VoteOperand>(*lanes[lane]).result;
    if (op == WarpOp::kBallot) result = ballot;
    if (op == WarpOp::kAny) result = ballot != 0 ? 1 : 0;
    if (op == WarpOp::kAll) result = ballot == mask ? 1 : 0;
    if (op == WarpOp::kMatchAny) result = equal_to(value(lane));
    if (op == WarpOp::kMatchAll) result = equal_to(value(lane)) == mask ? mask : 0;
  });
}

void do_reduce(const WarpCall* const* lanes, std::uint32_t mask) {
  const auto first = static_cast<unsigned>(std::countr_zero(mask));
  std::uint32_t total = operand<ReduceOperand>(*lanes[first]).value;
  for_each_lane(mask & (mask - 1), [&](unsigned lane) {
    const ReduceOperand& mine = operand<ReduceOperand>(*lanes[lane]);
    total = reduced(lanes[lane]->op, mine.is_signed, total, mine.value);
  });
  for_each_lane(mask, [&](unsigned lane) { operand<ReduceOperand>(*lanes[lane]).result = total; });
}

}  // namespace kernels::emulator
