// Barriers that lie in shared memory and count arrivals and bytes: a std::uint64_t of the layout, at a multiple of 8.
//
//   mbar_init(&bar, count)           by one thread, once: a phase is complete after `count` arrivals and all bytes
//                                    expected
//   mbar_fence_init()                by that thread, before bulk copies or other blocks use it; then a barrier for the
//                                    other threads
//   mbar_arrive(&bar)                one arrival; what was written before is seen by who waits
//   mbar_arrive_remote(&bar, rank)   the same at the barrier in the same place of block `rank` of the cluster
//   mbar_arrive_expect(&bar, bytes)  one arrival that lets the phase wait for so many bytes of bulk copies, too
//   mbar_wait(&bar, parity)          until the phase of this parity is complete: 0 for the first, 1 for the second, 0
//                                    for the third
//   store_async(place, value, &bar, rank)  writes 4, 8 or 16 bytes into the same place of block `rank` of the cluster,
//                                    and counts them at the barrier in the same place there: who waits for that phase
//                                    sees them. They may arrive before the phase expects them.
//   mbar_invalidate(&bar)            by one thread: the memory is free for other use
//
// GPUs before sm_90 lack what these stand on: in code for them each ends the kernel. Whoever uses one serves no such
// GPU and says so (why_not).
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/device/watchdog.h"
#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)

#include "kernels/emulator/barrier.h"
#include "kernels/emulator/copies.h"

namespace kernels::inline AFFETTO_PLATFORM::dev {

// The barrier's own bytes are written at init and read at each use, so that the race detector sees a missing barrier
// between the two; the count is the emulator's.
inline void touch(const std::uint64_t* bar) { static_cast<void>(*static_cast<const volatile std::uint64_t*>(bar)); }

inline void mbar_init(std::uint64_t* bar, unsigned count, const emulator::Site& site = emulator::Site::current()) {
  emulator::mbarrier_init(bar, count, site);
  *bar = 0;
}
inline void mbar_fence_init() { emulator::mbarrier_fence_init(); }
inline void mbar_arrive(std::uint64_t* bar, const emulator::Site& site = emulator::Site::current()) {
  touch(bar);
  emulator::mbarrier_arrive(bar, site);
}
inline void mbar_arrive_remote(std::uint64_t* bar, unsigned rank,
                               const emulator::Site& site = emulator::Site::current()) {
  auto* remote = static_cast<std::uint64_t*>(emulator::map_rank(bar, rank, site));
  touch(remote);
  emulator::mbarrier_arrive(remote, site);
}
inline void mbar_arrive_expect(std::uint64_t* bar, unsigned bytes,
                               const emulator::Site& site = emulator::Site::current()) {
  touch(bar);
  emulator::mbarrier_arrive_expect(bar, bytes, site);
}
inline void mbar_wait(std::uint64_t* bar, unsigned parity, const emulator::Site& site = emulator::Site::current()) {
  touch(bar);
  emulator::mbarrier_wait(bar, parity, site);
}
template <typename T>
void store_async(T* place, const std::type_identity_t<T>& value, std::uint64_t* bar, unsigned rank,
                 const emulator::Site& site = emulator::Site::current()) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 16);
  touch(static_cast<const std::uint64_t*>(emulator::map_rank(bar, rank, site)));
  emulator::store_async(place, &value, sizeof(T), bar, rank, site);
}
inline void mbar_invalidate(std::uint64_t* bar, const emulator::Site& site = emulator::Site::current()) {
  emulator::mbarrier_invalidate(bar, site);
  *bar = ~std::uint64_t{0};
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ void mbar_init(std::uint64_t*, unsigned) { __trap(); }
__device__ __forceinline__ void mbar_fence_init() { __trap(); }
__device__ __forceinline__ void mbar_arrive(std::uint64_t*) { __trap(); }
__device__ __forceinline__ void mbar_arrive_remote(std::uint64_t*, unsigned) { __trap(); }
__device__ __forceinline__ void mbar_arrive_expect(std::uint64_t*, unsigned) { __trap(); }
__device__ __forceinline__ void mbar_wait(std::uint64_t*, unsigned) { __trap(); }
__device__ __forceinline__ void mbar_invalidate(std::uint64_t*) { __trap(); }

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#else

#include "kernels/device/cuda/address.cuh"

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ void mbar_init(std::uint64_t* bar, unsigned count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(bar)), "r"(count) : "memory");
}
__device__ __forceinline__ void mbar_fence_init() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
__device__ __forceinline__ void mbar_arrive(std::uint64_t* bar) {
  asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];" ::"r"(shared_address(bar)) : "memory");
}
__device__ __forceinline__ void mbar_arrive_remote(std::uint64_t* bar, unsigned rank) {
  asm volatile(
      "{\n\t.reg .b32 remote;\n\tmapa.shared::cluster.u32 remote, %0, %1;\n\t"
      "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];\n\t}" ::"r"(shared_address(bar)),
      "r"(rank)
      : "memory");
}
__device__ __forceinline__ void mbar_arrive_expect(std::uint64_t* bar, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(bar)),
               "r"(bytes)
               : "memory");
}
__device__ __forceinline__ bool mbar_try_wait(std::uint64_t* bar, unsigned parity) {
  unsigned done;
  asm volatile(
      "{\n\t.reg .pred done;\n\tmbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%1], %2;\n\t"
      "selp.u32 %0, 1, 0, done;\n\t}"
      : "=r"(done)
      : "r"(shared_address(bar)), "r"(parity)
      : "memory");
  return done != 0;
}
__device__ __forceinline__ void mbar_wait(std::uint64_t* bar, unsigned parity) {
  for (std::uint64_t look = 0; look < Watchdog{}.polls; ++look) {
    if (mbar_try_wait(bar, parity)) return;
  }
  __trap();
}
template <typename T>
__device__ __forceinline__ void store_async(T* place, const std::type_identity_t<T>& value, std::uint64_t* bar,
                                            unsigned rank) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 16);
  constexpr int kWords = sizeof(T) / 4;
  std::uint32_t to, at, word[4] = {};
  memcpy(word, &value, sizeof value);
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(shared_address(place)), "r"(rank));
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(at) : "r"(shared_address(bar)), "r"(rank));
  if constexpr (kWords == 1) {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.b32 [%0], %1, [%2];" ::"r"(to), "r"(word[0]),
                 "r"(at)
                 : "memory");
  } else if constexpr (kWords == 2) {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.b32 [%0], {%1, %2}, [%3];" ::"r"(to),
                 "r"(word[0]), "r"(word[1]), "r"(at)
                 : "memory");
  } else {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(to),
                 "r"(word[0]), "r"(word[1]), "r"(word[2]), "r"(word[3]), "r"(at)
                 : "memory");
  }
}
__device__ __forceinline__ void mbar_invalidate(std::uint64_t* bar) {
  asm volatile("mbarrier.inval.shared::cta.b64 [%0];" ::"r"(shared_address(bar)) : "memory");
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
