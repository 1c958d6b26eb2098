// Single-precision matrix products for training: C [M, N] = start + A [M, K] B [K, N], packed and register-tiled, one
// body per instruction set. Not threaded: callers split the work by rows or columns of C.
//
// Every element of C is summed over k = 0, 1, .. K - 1 in that order, one multiply-add a term, whatever the tile, the
// blocking or the split, so that results do not depend on how callers cut the work. Blocking after Goto & van de Geijn,
// "Anatomy of high-performance matrix multiplication" (2008). With CMake's AFFETTO_OPENBLAS the unpacked product goes
// to OpenBLAS instead, which does not give that promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cpu/isa.h"

namespace kernels {

/// A matrix in memory: element (r, c) at data[r * ld + c], or at data[c * ld + r] where `transposed`.
struct MatrixView {
  const float* data = nullptr;
  std::size_t ld = 0;
  bool transposed = false;
  float at(std::size_t r, std::size_t c) const { return transposed ? data[c * ld + r] : data[r * ld + c]; }
};

/// What the sum starts from.
enum class Start {
  zero,  ///< C = A B; C may hold anything before
  keep,  ///< C = C + A B
  bias,  ///< C = bias (one number a column) + A B
};

/// Aligned to a cache line; the values are zero at first.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::size_t count) { resize(count); }
  void resize(std::size_t count);  ///< zeros everywhere, old values are lost
  float* data() { return begin_; }
  const float* data() const { return begin_; }
  std::size_t size() const { return count_; }

  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;
  AlignedFloats(AlignedFloats&&) noexcept = default;
  AlignedFloats& operator=(AlignedFloats&&) noexcept = default;

 private:
  std::vector<float> storage_;
  float* begin_ = nullptr;
  std::size_t count_ = 0;
};

struct GemmTable;  // the functions of one instruction set: gemm_table.h

/// B [K, N] laid out for the kernels of the instruction set that was active at construction: weights, packed once an
/// iteration and used at every time step.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  PackedMatrix(std::size_t rows, std::size_t columns);
  /// Fills rows row .. row + rows - 1 and columns column .. column + columns - 1 with the top left of `source`.
  /// Concurrent calls may fill disjoint blocks.
  void fill(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns, const MatrixView& source);
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  const GemmTable& table() const { return *table_; }
  /// Panel p (gemm_table.h) of the terms in band `band` of kDepth: [terms, panel].
  const float* panel(std::size_t band, std::size_t p) const { return values_.data() + place(band, p); }

 private:
  std::size_t place(std::size_t band, std::size_t p) const;

  std::size_t rows_ = 0, columns_ = 0;
  AlignedFloats values_;
  const GemmTable* table_ = nullptr;
};

/// C = start + A B with B packed. A is read as it lies, row by row.
struct PackedProduct {
  std::size_t m = 0;         ///< rows of A and C; K and N are B's
  const float* a = nullptr;  ///< [M, K], rows lda apart
  std::size_t lda = 0;
  const PackedMatrix* b = nullptr;
  float* c = nullptr;  ///< [M, N], rows ldc apart; overlaps nothing
  std::size_t ldc = 0;
  Start start = Start::zero;
  const float* bias = nullptr;  ///< [N], for Start::bias
};
void gemm_packed(const PackedProduct& op);

/// Room for the blocks that gemm() packs; one per thread, kept between calls.
struct GemmScratch {
  AlignedFloats a, b;
};

/// C = start + A B, either operand transposed or not.
struct Product {
  std::size_t m = 0, n = 0, k = 0;
  MatrixView a, b;     ///< [M, K] and [K, N]
  float* c = nullptr;  ///< [M, N], rows ldc apart; overlaps nothing
  std::size_t ldc = 0;
  Start start = Start::zero;
  const float* bias = nullptr;  ///< [N], for Start::bias
};
void gemm(const Product& op, GemmScratch& scratch);
/// The same by three loops in double, rounded once: the definition.
void gemm_ref(const Product& op);

/// Floating-point operations of a product.
constexpr double gemm_flops(double m, double n, double k) { return 2 * m * n * k; }

}  // namespace kernels
