// Copies that go on while the thread does something else.
//
//   cp_async<Bytes>(shared, global)         4, 8 or 16 bytes, both addresses multiples of that; the thread's own
//   cp_async<Bytes>(shared, global, valid)  only the first `valid` bytes are read, the rest becomes zero
//   cp_async_commit()                       what was issued since the last one is a group
//   cp_async_wait<N>()                      all but this thread's N latest groups are done, and seen by this thread;
//                                           others see them after a barrier
//   bulk_load(shared, global, bytes, &bar)  by one thread: whole 16s, counted by an mbarrier (mbarrier.cuh)
//   bulk_store(global, shared, bytes)       by one thread, after fence_proxy_async() by those who wrote and a barrier
//   bulk_commit(), bulk_wait<N>()           groups of stores; bulk_wait_read<N>(): only their reading is done
//   fence_proxy_async()                     what this thread wrote, and what it knows of others' writes, becomes
//                                           visible to bulk copies. Of data from another block a thread of the issuing
//                                           block says so, after it learned of it.
//
// GPUs before sm_90 have no bulk copies: in code for them each ends the kernel. Whoever uses one serves no such GPU and
// says so (why_not).
#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)

#include "kernels/emulator/copies.h"

namespace kernels::inline AFFETTO_PLATFORM::dev {

template <int Bytes>
void cp_async(void* shared, const void* global, unsigned valid = Bytes,
              const emulator::Site& site = emulator::Site::current()) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16);
  emulator::copy_element(shared, global, Bytes, valid, site);
}
inline void cp_async_commit() { emulator::copy_element_commit(); }
template <int N>
void cp_async_wait() {
  emulator::copy_element_wait(N);
}
inline void bulk_load(void* shared, const void* global, unsigned bytes, std::uint64_t* bar,
                      const emulator::Site& site = emulator::Site::current()) {
  emulator::bulk_load(shared, global, bytes, bar, site);
}
inline void bulk_store(void* global, const void* shared, unsigned bytes,
                       const emulator::Site& site = emulator::Site::current()) {
  emulator::bulk_store(global, shared, bytes, site);
}
inline void bulk_commit() { emulator::bulk_store_commit(); }
template <int N>
void bulk_wait() {
  emulator::bulk_store_wait(N);
}
template <int N>
void bulk_wait_read() {
  emulator::bulk_store_wait(N);  // the emulator reads and writes in one go
}
inline void fence_proxy_async() { emulator::fence_proxy_async(); }

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#else

#include "kernels/device/cuda/address.cuh"

namespace kernels::inline AFFETTO_PLATFORM::dev {

template <int Bytes>
__device__ __forceinline__ void cp_async(void* shared, const void* global, unsigned valid = Bytes) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16);
  if constexpr (Bytes == 16) {  // past the L1 cache, which only 16 bytes can
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(valid)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(shared)), "l"(global), "n"(Bytes),
                 "r"(valid)
                 : "memory");
  }
}
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
__device__ __forceinline__ void bulk_load(void*, const void*, unsigned, std::uint64_t*) { __trap(); }
__device__ __forceinline__ void bulk_store(void*, const void*, unsigned) { __trap(); }
__device__ __forceinline__ void bulk_commit() { __trap(); }
template <int N>
__device__ __forceinline__ void bulk_wait() {
  __trap();
}
template <int N>
__device__ __forceinline__ void bulk_wait_read() {
  __trap();
}
__device__ __forceinline__ void fence_proxy_async() { __trap(); }
#else
__device__ __forceinline__ void bulk_load(void* shared, const void* global, unsigned bytes, std::uint64_t* bar) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                   shared_address(shared)),
               "l"(global), "r"(bytes), "r"(shared_address(bar))
               : "memory");
}
__device__ __forceinline__ void bulk_store(void* global, const void* shared, unsigned bytes) {
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(global), "r"(shared_address(shared)),
               "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void bulk_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
template <int N>
__device__ __forceinline__ void bulk_wait() {
  asm volatile("cp.async.bulk.wait_group %0;" ::"n"(N) : "memory");
}
template <int N>
__device__ __forceinline__ void bulk_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(N) : "memory");
}
__device__ __forceinline__ void fence_proxy_async() { asm volatile("fence.proxy.async;" ::: "memory"); }
#endif

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
