// A register of floats, at the width of the instruction set that the including file is compiled for: 16 lanes
// (AVX-512), 8 (AVX2 with FMA) or 4 (whatever the compiler makes of a 16-byte vector). Everything lives in namespace
// kernels::AFFETTO_ISA, so that each level has types and functions of its own (cmake/isa.cmake).
//
// A file that includes this must call no function template or inline function of other namespaces that the compiler
// might leave out of line (std::sort, std::vector members): the linker keeps one copy of such a function, and it could
// be the copy that the running processor cannot execute.
//
//   load(p) (floats or Halves) load_first(p, n) store(p, v) store_first(p, v, n) broadcast(x) zero() lane_index()
//   + - * /   fma(a, b, c) = a*b + c     fnma(a, b, c) = c - a*b     fnms(a, b, c) = -a*b - c     sqrt abs
//   max(a, b) = a > b ? a : b and min(a, b) = a < b ? a : b, so a NaN in `b` (and only there) comes through
//   less(a, b) less_equal(a, b) equal(a, b) first_lanes(n) -> Mask;  select(m, yes, no)  both(m, n)  any(m)
//   sum(v) highest(v) lowest(v): across the lanes, in one fixed order of halves
//   reciprocal(v): 1/v within 2 ulp where v and 1/v are normal numbers; NaN stays NaN
//   exp tanh sigmoid (vec_math.h): NaN stays NaN
//
// fma is one rounding on AVX2 and AVX-512; on the portable level it is a multiplication and an addition unless the
// target has a fast fused one. Results are the same within a level, not across levels.
#pragma once

#ifndef AFFETTO_ISA
#error "AFFETTO_ISA names the instruction set; compile this file through affetto_isa_sources()"
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include "kernels/cpu/vec_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "kernels/cpu/vec_avx2.h"
#else
#include "kernels/cpu/vec_portable.h"
#endif

#include "kernels/cpu/vec_math.h"
