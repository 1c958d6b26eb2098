#include "kernels/cpu/gemm.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/cpu/gemm_table.h"
#if defined(AFFETTO_OPENBLAS)
#include <cblas.h>
#endif

namespace kernels {
namespace {

std::size_t round_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

/// After the first band the sums so far are in C.
Start start_of(Start wanted, std::size_t first_term) { return first_term == 0 ? wanted : Start::keep; }

const float* bias_at(const float* bias, std::size_t column) { return bias ? bias + column : nullptr; }

}  // namespace

void AlignedFloats::resize(std::size_t count) {
  constexpr std::size_t kAlign = 64;
  storage_.assign(count + kAlign / sizeof(float), 0.0f);
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  begin_ = storage_.data() + (round_up(address, kAlign) - address) / sizeof(float);
  count_ = count;
}

const GemmTable& gemm_table(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return avx512::gemm_table();
  if (isa == Isa::avx2) return avx2::gemm_table();
#endif
  (void)isa;
  return baseline::gemm_table();
}

PackedMatrix::PackedMatrix(std::size_t rows, std::size_t columns)
    : rows_(rows), columns_(columns), table_(&gemm_table(active_isa())) {
  if (rows == 0 || columns == 0) throw std::invalid_argument("PackedMatrix: rows and columns must be at least 1");
  values_.resize(rows * round_up(columns, table_->panel));
}

/// Panels of one band of kDepth rows lie one after the other; bands likewise.
std::size_t PackedMatrix::place(std::size_t band, std::size_t p) const {
  const std::size_t panel = table_->panel, panels = (columns_ + panel - 1) / panel;
  return band * kDepth * panels * panel + p * std::min(kDepth, rows_ - band * kDepth) * panel;
}

void PackedMatrix::fill(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns,
                        const MatrixView& source) {
  if (row + rows > rows_ || column + columns > columns_) throw std::invalid_argument("PackedMatrix: block outside");
  const std::size_t panel = table_->panel;
  for (std::size_t k = row; k < row + rows;) {
    const std::size_t band = k / kDepth;
    const std::size_t terms = std::min((band + 1) * kDepth, row + rows) - k;
    for (std::size_t n = column; n < column + columns;) {
      const std::size_t p = n / panel, width = std::min((p + 1) * panel, column + columns) - n;
      float* to = values_.data() + place(band, p) + (k - band * kDepth) * panel;
      const std::size_t r = k - row, c = n - column;
      const float* from = source.data + (source.transposed ? c * source.ld + r : r * source.ld + c);
      table_->pack_panel({from, source.ld, source.transposed}, width, terms, to + n % panel);
      n += width;
    }
    k += terms;
  }
}

void gemm_packed(const PackedProduct& op) {
  const PackedMatrix& b = *op.b;
  const GemmTable& table = b.table();
  const std::size_t panel = table.panel, panels = (b.columns() + panel - 1) / panel;
  for (std::size_t m = 0; m < op.m; m += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, op.m - m);
    for (std::size_t p = 0; p < panels; ++p) {
      const std::size_t n = p * panel;
      for (std::size_t k = 0; k < b.rows(); k += kDepth) {
        const std::size_t depth = std::min(kDepth, b.rows() - k);
        table.rows_block({rows, std::min(panel, b.columns() - n), depth, op.a + m * op.lda + k, op.lda,
                          b.panel(k / kDepth, p), op.c + m * op.ldc + n, op.ldc, start_of(op.start, k),
                          bias_at(op.bias, n)});
      }
    }
  }
}

#if defined(AFFETTO_OPENBLAS)

void gemm(const Product& op, GemmScratch&) {
  for (std::size_t m = 0; op.start == Start::bias && m < op.m; ++m) std::copy_n(op.bias, op.n, op.c + m * op.ldc);
  cblas_sgemm(CblasRowMajor, op.a.transposed ? CblasTrans : CblasNoTrans, op.b.transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(op.m), static_cast<int>(op.n), static_cast<int>(op.k), 1.0f, op.a.data,
              static_cast<int>(op.a.ld), op.b.data, static_cast<int>(op.b.ld), op.start == Start::zero ? 0.0f : 1.0f,
              op.c, static_cast<int>(op.ldc));
}

#else

namespace {

/// One block of C, small enough to stay in the second-level cache while all of K goes by.
struct Block {
  std::size_t m, rows, n, columns;
};

void multiply_block(const Product& op, const Block& block, const GemmTable& table, GemmScratch& scratch) {
  for (std::size_t k = 0; k < op.k; k += kDepth) {
    const std::size_t depth = std::min(kDepth, op.k - k);
    for (std::size_t r = 0; r < block.rows; r += table.strip) {
      const std::size_t row = block.m + r;
      const float* from = op.a.data + (op.a.transposed ? k * op.a.ld + row : row * op.a.ld + k);
      table.pack_strip({from, op.a.ld, op.a.transposed}, std::min(table.strip, block.rows - r), depth,
                       scratch.a.data() + r * depth);
    }
    for (std::size_t n = block.n; n < block.n + block.columns; n += table.panel) {
      const std::size_t columns = std::min(table.panel, block.n + block.columns - n);
      const float* from = op.b.data + (op.b.transposed ? n * op.b.ld + k : k * op.b.ld + n);
      table.pack_panel({from, op.b.ld, op.b.transposed}, columns, depth, scratch.b.data());
      table.strips_block({block.rows, columns, depth, scratch.a.data(), 0, scratch.b.data(),
                          op.c + block.m * op.ldc + n, op.ldc, start_of(op.start, k), bias_at(op.bias, n)});
    }
  }
}

}  // namespace

void gemm(const Product& op, GemmScratch& scratch) {
  const GemmTable& table = gemm_table(active_isa());
  const std::size_t strips = round_up(kBlockRows, table.strip) * kDepth;
  if (scratch.a.size() < strips) scratch.a.resize(strips);
  if (scratch.b.size() < table.panel * kDepth) scratch.b.resize(table.panel * kDepth);
  for (std::size_t m = 0; m < op.m; m += kBlockRows) {
    for (std::size_t n = 0; n < op.n; n += kBlockColumns) {
      multiply_block(op, {m, std::min(kBlockRows, op.m - m), n, std::min(kBlockColumns, op.n - n)}, table, scratch);
    }
  }
}

#endif

void gemm_ref(const Product& op) {
  for (std::size_t m = 0; m < op.m; ++m) {
    for (std::size_t n = 0; n < op.n; ++n) {
      float& c = op.c[m * op.ldc + n];
      double sum = op.start == Start::zero ? 0.0 : op.start == Start::bias ? op.bias[n] : c;
      for (std::size_t k = 0; k < op.k; ++k) sum += static_cast<double>(op.a.at(m, k)) * op.b.at(k, n);
      c = static_cast<float>(sum);
    }
  }
}

}  // namespace kernels
