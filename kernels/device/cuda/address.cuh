// Addresses for PTX.
#pragma once

#include <cstdint>

#include "kernels/device/words.cuh"

namespace kernels::inline AFFETTO_PLATFORM::dev {

/// The 32-bit address in the shared window of a generic pointer into shared memory.
__device__ __forceinline__ std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev
