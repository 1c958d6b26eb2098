// Where the lanes of a warp meet: votes, shuffles, reductions and matrix operations. Values cross, nothing else: only
// kSync orders memory.
#pragma once

#include <cstdint>

#include "kernels/emulator/thread.h"

namespace kernels::emulator {

enum class WarpOp : std::uint8_t {
  kSync,
  kShuffle,
  kShuffleUp,
  kShuffleDown,
  kShuffleXor,
  kBallot,
  kAny,
  kAll,
  kMatchAny,
  kMatchAll,
  kReduceAdd,
  kReduceMin,
  kReduceMax,
  kReduceAnd,
  kReduceOr,
  kReduceXor,
  kLdmatrix,
  kLdmatrixTransposed,
  kMmaHalf,
  kMmaBfloat16,
};

/// What one lane brings; its operand is one of the structs below, by op.
struct WarpCall {
  WarpOp op = WarpOp::kSync;
  std::uint32_t mask = 0;
  void* operand = nullptr;
  Site site;
};

struct ShuffleOperand {
  std::uint64_t value;  ///< in: the lane's own; out: its source's
  int by;               ///< lane, delta or xor mask
  int width;            ///< a power of two up to 32
};

struct VoteOperand {
  std::uint64_t value;   ///< predicate, or what is matched
  std::uint32_t result;  ///< ballot, 0 or 1, or the mask of equal lanes
};

struct ReduceOperand {
  std::uint32_t value;
  bool is_signed;
  std::uint32_t result;
};

/// 8 x 8 matrices of 16-bit elements: `count` of them, whose row of this lane is `row`.
struct LdmatrixOperand {
  int count;
  std::uint16_t row[8];
  std::uint32_t result[4];
};

/// D = A B + D: A is 16 x 16, B 16 x 8, D 16 x 8, in PTX's fragment layout of mma.m16n8k16.
struct MmaOperand {
  float* d;                ///< [4]
  const std::uint32_t* a;  ///< [4]
  const std::uint32_t* b;  ///< [2]
};

/// Waits for all lanes of the mask, and does what they came for.
void warp_meet(WarpCall& call);
/// The lanes that are in this branch: on the emulator, those that exist and have not exited.
std::uint32_t active_mask();

/// Carries the call out: lanes[l] is the call of lane l in the mask (tile.cpp, votes.cpp).
void do_shuffle(const WarpCall* const* lanes, std::uint32_t mask, std::uint32_t present);
void do_vote(const WarpCall* const* lanes, std::uint32_t mask);
void do_reduce(const WarpCall* const* lanes, std::uint32_t mask);
void do_ldmatrix(const WarpCall* const* lanes, bool transposed);
void do_mma(const WarpCall* const* lanes, bool bfloat16);

const char* name_of(WarpOp op);

}  // namespace kernels::emulator
