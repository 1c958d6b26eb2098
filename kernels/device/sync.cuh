// Barriers of a block. __syncthreads and __syncwarp are CUDA's own; named barriers are wrappers.
#pragma once

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/barrier.h"
#include "kernels/emulator/warp.h"

namespace kernels::inline AFFETTO_PLATFORM {

inline void __syncthreads(const emulator::Site& site = emulator::Site::current()) {
  emulator::block_barrier(false, "__syncthreads", site);
}
inline int __syncthreads_count(int predicate, const emulator::Site& site = emulator::Site::current()) {
  return static_cast<int>(emulator::block_barrier(predicate != 0, "__syncthreads_count", site));
}
inline int __syncthreads_or(int predicate, const emulator::Site& site = emulator::Site::current()) {
  return emulator::block_barrier(predicate != 0, "__syncthreads_or", site) != 0 ? 1 : 0;
}
inline int __syncthreads_and(int predicate, const emulator::Site& site = emulator::Site::current()) {
  return emulator::block_barrier(predicate == 0, "__syncthreads_and", site) == 0 ? 1 : 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, const emulator::Site& site = emulator::Site::current()) {
  emulator::WarpCall call{emulator::WarpOp::kSync, mask, nullptr, site};
  emulator::warp_meet(call);
}

namespace dev {
/// Barrier `id` (1 to 15) for `threads` of the block, whole warps: waits until all have come.
inline void bar_sync(unsigned id, unsigned threads, const emulator::Site& site = emulator::Site::current()) {
  emulator::named_barrier(id, threads, true, site);
}
/// The same, without waiting: what was written before is seen by those who wait.
inline void bar_arrive(unsigned id, unsigned threads, const emulator::Site& site = emulator::Site::current()) {
  emulator::named_barrier(id, threads, false, site);
}
}  // namespace dev

}  // namespace kernels::inline AFFETTO_PLATFORM

#else

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ void bar_sync(unsigned id, unsigned threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
__device__ __forceinline__ void bar_arrive(unsigned id, unsigned threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
