// What the device wrappers of asynchronous copies call.
#pragma once

#include <cstdint>

#include "kernels/emulator/thread.h"

namespace kernels::emulator {

/// One thread's 4, 8 or 16 bytes into the block's shared memory; those from `valid` on become zero.
void copy_element(void* shared, const void* global, unsigned bytes, unsigned valid, const Site& site);
void copy_element_commit();
void copy_element_wait(unsigned keep);

/// Bytes in whole 16s into the block's shared memory; `barrier` counts them.
void bulk_load(void* shared, const void* global, unsigned bytes, const std::uint64_t* barrier, const Site& site);
/// 4, 8 or 16 bytes into the same place of block `rank` of the cluster; the barrier in the same place there counts
/// them.
void store_async(void* shared, const void* value, unsigned bytes, const std::uint64_t* barrier, unsigned rank,
                 const Site& site);
/// Out of the block's shared memory, in the running thread's open group of stores.
void bulk_store(void* global, const void* shared, unsigned bytes, const Site& site);
void bulk_store_commit();
void bulk_store_wait(unsigned keep);
/// What ordinary writes did is from now on visible to bulk copies.
void fence_proxy_async();

// mbarriers: 8 bytes of shared memory, of which the emulator keeps the state elsewhere. The wrappers write the bytes at
// init and read them at every use, so that the race detector sees who must come after the init.
void mbarrier_init(const std::uint64_t* barrier, unsigned count, const Site& site);
/// What the block initialised so far may be used by copies and by other blocks.
void mbarrier_fence_init();
void mbarrier_invalidate(const std::uint64_t* barrier, const Site& site);
void mbarrier_arrive(const std::uint64_t* barrier, const Site& site);
/// Expects so many bytes more in this phase, and arrives.
void mbarrier_arrive_expect(const std::uint64_t* barrier, unsigned bytes, const Site& site);
/// Until the phase of this parity is complete.
void mbarrier_wait(const std::uint64_t* barrier, unsigned parity, const Site& site);

}  // namespace kernels::emulator
