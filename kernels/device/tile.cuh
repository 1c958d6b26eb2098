// Matrix operations of one warp on 16-bit elements, accumulated in float (PTX ISA, "Warp Level Matrix Instructions").
//
//   ldmatrix(d, row)        N = 1, 2 or 4 matrices of 8 x 8; lane 8 m + r points at row r of matrix m: 16 bytes of
//                           shared memory, at a multiple of 16. d[m] holds elements 2 (lane % 4) and the next of row
//                           lane / 4.
//   ldmatrix_trans(d, row)  the same of the transposed matrices
//   mma<T>(d, a, b)         D[16, 8] += A[16, 16] B[16, 8], T is Half or Bfloat16. With g = lane / 4 and t = lane % 4:
//                           a: rows g (a[0], a[2]) and g + 8 (a[1], a[3]), columns 2 t and 2 t + 1 (a[2], a[3]: + 8)
//                           b: column g, rows 2 t and 2 t + 1 (b[1]: + 8)
//                           d: rows g (d[0], d[1]) and g + 8 (d[2], d[3]), columns 2 t and 2 t + 1
// All 32 lanes call. So A row-major in shared memory is loaded by ldmatrix, and B by ldmatrix where it lies as [n][k],
// by ldmatrix_trans where it lies as [k][n].
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/device/words.cuh"
#include "kernels/math/half.h"

#if defined(AFFETTO_EMULATED)

#include <cstring>

#include "kernels/emulator/barrier.h"
#include "kernels/emulator/warp.h"

namespace kernels::inline AFFETTO_PLATFORM::dev {

template <int N>
void ldmatrix_as(emulator::WarpOp op, std::uint32_t (&d)[N], const void* row, const emulator::Site& site) {
  static_assert(N == 1 || N == 2 || N == 4);
  emulator::LdmatrixOperand operand{};
  operand.count = N;
  if (emulator::running->lane < 8 * N) {
    emulator::check_aligned(row, 16, "ldmatrix", site);
    emulator::check_shared(row, 16, "ldmatrix", site);
    std::memcpy(operand.row, row, 16);  // each lane reads its own, for the race detector
  }
  emulator::WarpCall call{op, 0xffffffffu, &operand, site};
  emulator::warp_meet(call);
  std::memcpy(d, operand.result, sizeof d);
}

template <int N>
void ldmatrix(std::uint32_t (&d)[N], const void* row, const emulator::Site& site = emulator::Site::current()) {
  ldmatrix_as(emulator::WarpOp::kLdmatrix, d, row, site);
}

template <int N>
void ldmatrix_trans(std::uint32_t (&d)[N], const void* row, const emulator::Site& site = emulator::Site::current()) {
  ldmatrix_as(emulator::WarpOp::kLdmatrixTransposed, d, row, site);
}

template <typename T>
void mma(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
         const emulator::Site& site = emulator::Site::current()) {
  static_assert(std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>);
  emulator::MmaOperand operand{d, a, b};
  constexpr auto kOp = std::is_same_v<T, Half> ? emulator::WarpOp::kMmaHalf : emulator::WarpOp::kMmaBfloat16;
  emulator::WarpCall call{kOp, 0xffffffffu, &operand, site};
  emulator::warp_meet(call);
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#else

#include "kernels/device/cuda/address.cuh"

namespace kernels::inline AFFETTO_PLATFORM::dev {

__device__ __forceinline__ void ldmatrix(std::uint32_t (&d)[1], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
               : "=r"(d[0])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix(std::uint32_t (&d)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(d[0]), "=r"(d[1])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix(std::uint32_t (&d)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(std::uint32_t (&d)[1], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
               : "=r"(d[0])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(std::uint32_t (&d)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(d[0]), "=r"(d[1])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(std::uint32_t (&d)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
               : "r"(shared_address(row))
               : "memory");
}

template <typename T>
__device__ __forceinline__ void mma(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  static_assert(std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>);
  if constexpr (std::is_same_v<T, Half>) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM::dev

#endif
