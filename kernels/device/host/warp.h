// Warp intrinsics for the host.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/device/host/words.h"
#include "kernels/emulator/warp.h"

namespace kernels::emulator {

/// Any value of up to 8 bytes, as bits.
template <typename T>
std::uint64_t bits_of(T value) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>, "shuffles and matches take up to 8 bytes");
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <typename T>
T shuffle(WarpOp op, unsigned mask, T value, int by, int width, const Site& site) {
  ShuffleOperand operand{bits_of(value), by, width};
  WarpCall call{op, mask, &operand, site};
  warp_meet(call);
  std::memcpy(&value, &operand.value, sizeof value);
  return value;
}

inline std::uint32_t vote(WarpOp op, unsigned mask, std::uint64_t value, const Site& site) {
  VoteOperand operand{value, 0};
  WarpCall call{op, mask, &operand, site};
  warp_meet(call);
  return operand.result;
}

template <typename T>
T reduce(WarpOp op, unsigned mask, T value, const Site& site) {
  static_assert(sizeof(T) == 4 && std::is_integral_v<T>, "the hardware reduces 32-bit integers");
  ReduceOperand operand{static_cast<std::uint32_t>(value), std::is_signed_v<T>, 0};
  WarpCall call{op, mask, &operand, site};
  warp_meet(call);
  return static_cast<T>(operand.result);
}

}  // namespace kernels::emulator

namespace kernels::inline AFFETTO_PLATFORM {

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32,
              const emulator::Site& site = emulator::Site::current()) {
  return emulator::shuffle(emulator::WarpOp::kShuffle, mask, value, lane, width, site);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 const emulator::Site& site = emulator::Site::current()) {
  return emulator::shuffle(emulator::WarpOp::kShuffleUp, mask, value, static_cast<int>(delta), width, site);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   const emulator::Site& site = emulator::Site::current()) {
  return emulator::shuffle(emulator::WarpOp::kShuffleDown, mask, value, static_cast<int>(delta), width, site);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  const emulator::Site& site = emulator::Site::current()) {
  return emulator::shuffle(emulator::WarpOp::kShuffleXor, mask, value, lanes, width, site);
}

inline unsigned __activemask() { return emulator::active_mask(); }
inline unsigned __ballot_sync(unsigned mask, int predicate, const emulator::Site& site = emulator::Site::current()) {
  return emulator::vote(emulator::WarpOp::kBallot, mask, predicate != 0 ? 1 : 0, site);
}
inline int __any_sync(unsigned mask, int predicate, const emulator::Site& site = emulator::Site::current()) {
  return static_cast<int>(emulator::vote(emulator::WarpOp::kAny, mask, predicate != 0 ? 1 : 0, site));
}
inline int __all_sync(unsigned mask, int predicate, const emulator::Site& site = emulator::Site::current()) {
  return static_cast<int>(emulator::vote(emulator::WarpOp::kAll, mask, predicate != 0 ? 1 : 0, site));
}
template <typename T>
unsigned __match_any_sync(unsigned mask, T value, const emulator::Site& site = emulator::Site::current()) {
  return emulator::vote(emulator::WarpOp::kMatchAny, mask, emulator::bits_of(value), site);
}
template <typename T>
unsigned __match_all_sync(unsigned mask, T value, int* all, const emulator::Site& site = emulator::Site::current()) {
  const std::uint32_t equal = emulator::vote(emulator::WarpOp::kMatchAll, mask, emulator::bits_of(value), site);
  *all = equal != 0 ? 1 : 0;
  return equal;
}

template <typename T>
T __reduce_add_sync(unsigned mask, T value, const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceAdd, mask, value, site);
}
template <typename T>
T __reduce_min_sync(unsigned mask, T value, const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceMin, mask, value, site);
}
template <typename T>
T __reduce_max_sync(unsigned mask, T value, const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceMax, mask, value, site);
}
inline unsigned __reduce_and_sync(unsigned mask, unsigned value,
                                  const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceAnd, mask, value, site);
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value,
                                 const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceOr, mask, value, site);
}
inline unsigned __reduce_xor_sync(unsigned mask, unsigned value,
                                  const emulator::Site& site = emulator::Site::current()) {
  return emulator::reduce(emulator::WarpOp::kReduceXor, mask, value, site);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
