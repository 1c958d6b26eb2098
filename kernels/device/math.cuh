// The hardware's approximations, one instruction or two each. The bounds are NVIDIA's (PTX ISA; CUDA C++ Programming
// Guide, "Intrinsic Functions"); the emulator errs by a pseudo-random part of them, the same for the same argument, so
// that no test comes to depend on the bits.
//
//   exp2_fast  relative error <= 2^-22           tanh_fast   relative <= 2^-11
//   exp_fast   relative <= 2^-22 + |x| 2^-23     log_fast    relative <= 2^-21, absolute <= 2^-21 within [0.5, 2]
//   rcp_fast   relative <= 2^-23                 sqrt_fast, rsqrt_fast  relative <= 2^-22
// Subnormal arguments and results are flushed to zero on the device.
#pragma once

#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)

#include <cmath>

#include "kernels/emulator/math_error.h"

namespace kernels::inline AFFETTO_PLATFORM::dev {

inline float exp2_fast(float x) { return emulator::with_error(std::exp2(x), 0x1p-22f, x); }
inline float exp_fast(float x) { return emulator::with_error(std::exp(x), 0x1p-22f + std::fabs(x) * 0x1p-23f, x); }
inline float tanh_fast(float x) { return emulator::with_error(std::tanh(x), 0x1p-11f, x); }
inline float rcp_fast(float x) { return emulator::with_error(1.0f / x, 0x1p-23f, x); }
inline float sqrt_fast(float x) { return emulator::with_error(std::sqrt(x), 0x1p-22f, x); }
inline float rsqrt_fast(float x) { return emulator::with_error(1.0f / std::sqrt(x), 0x1p-22f, x); }
inline float log_fast(float x) {
  const float y = std::log(x);
  if (x < 0.5f || x > 2.0f) return emulator::with_error(y, 0x1p-21f, x);
  return y + emulator::with_error(1.0f, 0x1p-21f, x) - 1.0f;
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#else

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float exp_fast(float x) { return exp2_fast(x * 1.4426950408889634f); }
__device__ __forceinline__ float tanh_fast(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float rcp_fast(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float sqrt_fast(float x) {
  float y;
  asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float rsqrt_fast(float x) {
  float y;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float log_fast(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y * 0.6931471805599453f;
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
