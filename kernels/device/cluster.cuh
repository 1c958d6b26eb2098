// Blocks of a cluster: they run at once, and see each other's shared memory.
//
//   cluster_rank(), cluster_size()  this block among the cluster's
//   cluster_sync()                  all threads of the cluster; orders memory
//   cluster_arrive()                its first half, which does not wait
//   cluster_wait()                  its second half
//   map_rank(pointer, rank)         the same place in the shared memory of block `rank`, to read and write. That block
//                                   must have started and must not have exited: begin and end with cluster_sync().
//
// In code for GPUs without clusters (before sm_90) a block is a cluster of its own; no other is launched there.
#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)

#include "kernels/emulator/barrier.h"

namespace kernels::inline AFFETTO_PLATFORM::dev {

inline unsigned cluster_rank() { return emulator::running->block->rank; }
inline unsigned cluster_size() { return static_cast<unsigned>(emulator::running->block->cluster->blocks.size()); }
inline void cluster_arrive(const emulator::Site& site = emulator::Site::current()) { emulator::cluster_arrive(site); }
inline void cluster_wait(const emulator::Site& site = emulator::Site::current()) { emulator::cluster_wait(site); }
inline void cluster_sync(const emulator::Site& site = emulator::Site::current()) {
  emulator::cluster_arrive(site);
  emulator::cluster_wait(site);
}
template <typename T>
T* map_rank(T* pointer, unsigned rank, const emulator::Site& site = emulator::Site::current()) {
  return static_cast<T*>(emulator::map_rank(pointer, rank, site));
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ unsigned cluster_rank() { return 0; }
__device__ __forceinline__ unsigned cluster_size() { return 1; }
__device__ __forceinline__ void cluster_arrive() {}
__device__ __forceinline__ void cluster_wait() { __syncthreads(); }
__device__ __forceinline__ void cluster_sync() { __syncthreads(); }
template <typename T>
__device__ __forceinline__ T* map_rank(T* pointer, unsigned) {
  return pointer;
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#else

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ unsigned cluster_rank() {
  unsigned rank;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
__device__ __forceinline__ unsigned cluster_size() {
  unsigned size;
  asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
  return size;
}
__device__ __forceinline__ void cluster_arrive() { asm volatile("barrier.cluster.arrive.release;" ::: "memory"); }
__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); }
__device__ __forceinline__ void cluster_sync() {
  cluster_arrive();
  cluster_wait();
}
template <typename T>
__device__ __forceinline__ T* map_rank(T* pointer, unsigned rank) {
  T* mapped;
  asm("mapa.u64 %0, %1, %2;" : "=l"(mapped) : "l"(pointer), "r"(rank));
  return mapped;
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
