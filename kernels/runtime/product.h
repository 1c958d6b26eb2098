// The matrix product of a library: cuBLAS on the GPU, the plain loop on the emulator.
#pragma once

#include <cstddef>

#include "kernels/runtime/buffer.h"
#include "kernels/runtime/owned.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// What the elements of A and B are, and how they are multiplied. C and the sums are float always.
enum class ProductType {
  kFloat,     ///< float, every product and sum in float
  kTf32,      ///< float, rounded to 10 bits of fraction before they are multiplied
  kHalf,      ///< Half
  kBfloat16,  ///< Bfloat16
};

/// C[m, n] = alpha op(A) op(B) + beta C, row-major. Where beta is 0, C is not read. C overlaps neither A nor B.
struct Product {
  const void* a = nullptr;        ///< [m, k], or [k, m] where transpose_a
  const void* b = nullptr;        ///< [k, n], or [n, k] where transpose_b
  float* c = nullptr;             ///< [m, n]
  int m = 0, n = 0, k = 0;        ///< each >= 1
  int lda = 0, ldb = 0, ldc = 0;  ///< elements from one row to the next; 0: rows follow one another closely
  bool transpose_a = false, transpose_b = false;
  float alpha = 1, beta = 0;
  ProductType type = ProductType::kFloat;
};

inline namespace AFFETTO_PLATFORM {

void destroy_products(void* handle) noexcept;

/// Products on one stream, with a workspace of their own: calls allocate nothing and can be captured.
class Products {
 public:
  /// @throws CudaError, OutOfMemory
  explicit Products(StreamRef stream);
  /// Enqueues the product. @throws std::invalid_argument for sizes below 1 or strides below a row; CudaError
  void run(const Product& product);

 private:
  StreamRef stream_;
  DeviceBuffer<std::byte> workspace_;
  Owned<destroy_products> handle_;
};

/// The product with its strides filled in. @throws std::invalid_argument as Products::run
Product checked(const Product& product);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
