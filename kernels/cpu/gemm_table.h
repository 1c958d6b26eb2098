// What gemm.cpp and gemm_isa.cpp share: the functions and sizes of one instruction set.
#pragma once

#include <cstddef>

#include "kernels/cpu/gemm.h"

namespace kernels {

/// Terms summed before the next panel: a panel of B and a strip of A stay in the first-level cache.
inline constexpr std::size_t kDepth = 256;
/// Rows of A worked on between two passes over B: they stay in the second-level cache.
inline constexpr std::size_t kBlockRows = 480;
/// Columns of C worked on, with that many rows, while all of K goes by.
inline constexpr std::size_t kBlockColumns = 544;

/// One block of C: `rows` x `columns`, `depth` terms.
struct GemmBlock {
  std::size_t rows, columns, depth;
  const float* a;   ///< rows as they lie, or strips of GemmTable::strip rows
  std::size_t lda;  ///< of rows as they lie
  const float* b;   ///< one panel [depth, panel]
  float* c;
  std::size_t ldc;
  Start start;
  const float* bias;
};

struct GemmTable {
  std::size_t panel;                       ///< columns of a packed panel of B
  std::size_t strip;                       ///< rows of a packed strip of A
  void (*rows_block)(const GemmBlock&);    ///< A as it lies
  void (*strips_block)(const GemmBlock&);  ///< A in strips
  void (*pack_strip)(const MatrixView& a, std::size_t rows, std::size_t depth, float* strip);
  void (*pack_panel)(const MatrixView& b, std::size_t columns, std::size_t depth, float* panel);
};

namespace baseline {
const GemmTable& gemm_table();
}
namespace avx2 {
const GemmTable& gemm_table();
}
namespace avx512 {
const GemmTable& gemm_table();
}
const GemmTable& gemm_table(Isa isa);

}  // namespace kernels
