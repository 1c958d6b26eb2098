// Ordered accesses in PTX, at the scope of the GPU.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/device/words.cuh"

namespace kernels::inline AFFETTO_PLATFORM::dev {

// The bits of a T as the unsigned integer of its size.
template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, unsigned long long>;

template <typename T>
__device__ __forceinline__ BitsOf<T> bits_of(T x) {
  static_assert((sizeof(T) == 4 || sizeof(T) == 8) && std::is_trivially_copyable_v<T>);
  BitsOf<T> bits;
  memcpy(&bits, &x, sizeof x);
  return bits;
}

template <typename T>
__device__ __forceinline__ T from_bits(BitsOf<T> bits) {
  T x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

template <typename T>
__device__ __forceinline__ T add_relaxed(T* address, std::type_identity_t<T> x) {
  return from_bits<T>(atomicAdd(reinterpret_cast<BitsOf<T>*>(address), bits_of(x)));
}
template <>
__device__ __forceinline__ float add_relaxed<float>(float* address, float x) {
  return atomicAdd(address, x);
}

template <typename T>
__device__ __forceinline__ T add_acq_rel(T* address, std::type_identity_t<T> x) {
  static_assert(std::is_integral_v<T>);
  BitsOf<T> old;
  if constexpr (sizeof(T) == 4) {
    asm volatile("atom.add.acq_rel.gpu.u32 %0, [%1], %2;" : "=r"(old) : "l"(address), "r"(bits_of(x)) : "memory");
  } else {
    asm volatile("atom.add.acq_rel.gpu.u64 %0, [%1], %2;" : "=l"(old) : "l"(address), "l"(bits_of(x)) : "memory");
  }
  return from_bits<T>(old);
}

template <typename T>
__device__ __forceinline__ T load_relaxed(const T* address) {
  BitsOf<T> bits;
  if constexpr (sizeof(T) == 4) {
    asm volatile("ld.relaxed.gpu.b32 %0, [%1];" : "=r"(bits) : "l"(address) : "memory");
  } else {
    asm volatile("ld.relaxed.gpu.b64 %0, [%1];" : "=l"(bits) : "l"(address) : "memory");
  }
  return from_bits<T>(bits);
}

template <typename T>
__device__ __forceinline__ T load_acquire(const T* address) {
  BitsOf<T> bits;
  if constexpr (sizeof(T) == 4) {
    asm volatile("ld.acquire.gpu.b32 %0, [%1];" : "=r"(bits) : "l"(address) : "memory");
  } else {
    asm volatile("ld.acquire.gpu.b64 %0, [%1];" : "=l"(bits) : "l"(address) : "memory");
  }
  return from_bits<T>(bits);
}

template <typename T>
__device__ __forceinline__ void store_relaxed(T* address, std::type_identity_t<T> x) {
  if constexpr (sizeof(T) == 4) {
    asm volatile("st.relaxed.gpu.b32 [%0], %1;" ::"l"(address), "r"(bits_of(x)) : "memory");
  } else {
    asm volatile("st.relaxed.gpu.b64 [%0], %1;" ::"l"(address), "l"(bits_of(x)) : "memory");
  }
}

template <typename T>
__device__ __forceinline__ void store_release(T* address, std::type_identity_t<T> x) {
  if constexpr (sizeof(T) == 4) {
    asm volatile("st.release.gpu.b32 [%0], %1;" ::"l"(address), "r"(bits_of(x)) : "memory");
  } else {
    asm volatile("st.release.gpu.b64 [%0], %1;" ::"l"(address), "l"(bits_of(x)) : "memory");
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev
