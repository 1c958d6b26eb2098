// A block's shared memory: one struct per kernel, all of it.
#pragma once

#include "kernels/device/shape.h"
#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/barrier.h"
#endif

namespace kernels::inline AFFETTO_PLATFORM::dev {

/// The block's shared memory as a Layout, which the launch asked for with shared_bytes = sizeof(Layout). It begins at a
/// multiple of 1,024 and holds anything: on the emulator 0xff in every byte. Each kernel has one layout.
template <typename Layout>
__device__ Layout& smem(
#if defined(AFFETTO_EMULATED)
    const emulator::Site& site = emulator::Site::current()
#endif
) {
  static_assert(sizeof(Layout) <= kSharedLimit, "a block has at most 232,448 bytes of shared memory");
#if defined(AFFETTO_EMULATED)
  return *reinterpret_cast<Layout*>(emulator::shared_memory(sizeof(Layout), site));
#else
  extern __shared__ __align__(1024) unsigned char affetto_shared[];
  return *reinterpret_cast<Layout*>(affetto_shared);
#endif
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev
