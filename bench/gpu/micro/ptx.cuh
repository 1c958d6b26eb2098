// Instructions that no kernel of the ladder uses yet and that are measured before one does.
#pragma once

#include <cstdint>

#include "kernels/device/cuda/address.cuh"

namespace bench::gpu::ptx {

/// Waits until the kernel before this one in the stream is done and its writes are seen (programmatic dependent
/// launch).
__device__ __forceinline__ void wait_for_previous_kernel() { asm volatile("griddepcontrol.wait;" ::: "memory"); }
/// The next kernel may be put on the SMs now.
__device__ __forceinline__ void let_next_kernel_start() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

/// Copies into the same place of every block of the cluster named by `blocks` (a bit each), and counts there.
__device__ __forceinline__ void bulk_load_multicast(void* shared, const void* global, unsigned bytes,
                                                    std::uint64_t* bar, std::uint16_t blocks) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], "
      "%4;" ::"r"(kernels::dev::shared_address(shared)),
      "l"(global), "r"(bytes), "r"(kernels::dev::shared_address(bar)), "h"(blocks)
      : "memory");
}

// One instruction of the special function unit each; packed ones take and give two halves.
__device__ __forceinline__ float log2(float x) {
  float y;
  asm volatile("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ std::uint32_t tanh_half2(std::uint32_t x) {
  std::uint32_t y;
  asm volatile("tanh.approx.f16x2 %0, %1;" : "=r"(y) : "r"(x));
  return y;
}
__device__ __forceinline__ std::uint32_t exp2_half2(std::uint32_t x) {
  std::uint32_t y;
  asm volatile("ex2.approx.f16x2 %0, %1;" : "=r"(y) : "r"(x));
  return y;
}
__device__ __forceinline__ std::uint32_t tanh_bfloat2(std::uint32_t x) {
  std::uint32_t y;
  asm volatile("tanh.approx.bf16x2 %0, %1;" : "=r"(y) : "r"(x));
  return y;
}

}  // namespace bench::gpu::ptx
