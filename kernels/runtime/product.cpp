#include "kernels/runtime/product.h"

#include <stdexcept>
#include <string>

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

void fill_stride(int& stride, int row, const char* name) {
  if (stride == 0) stride = row;
  if (stride < row) {
    throw std::invalid_argument(std::string("product: ") + name + " = " + std::to_string(stride) + ", a row has " +
                                std::to_string(row) + " elements");
  }
}

}  // namespace

Product checked(const Product& product) {
  Product p = product;
  if (p.m < 1 || p.n < 1 || p.k < 1) {
    throw std::invalid_argument("product: m = " + std::to_string(p.m) + ", n = " + std::to_string(p.n) +
                                ", k = " + std::to_string(p.k) + "; each must be >= 1");
  }
  fill_stride(p.lda, p.transpose_a ? p.m : p.k, "lda");
  fill_stride(p.ldb, p.transpose_b ? p.k : p.n, "ldb");
  fill_stride(p.ldc, p.n, "ldc");
  return p;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
