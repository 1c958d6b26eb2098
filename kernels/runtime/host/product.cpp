#include "kernels/runtime/product.h"

#include <bit>
#include <cstdint>

#include "kernels/math/half.h"
#include "kernels/runtime/host/handles.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// Ten bits of fraction; ties away from zero, as cvt.rna.tf32 does.
float to_tf32(float x) {
  if (x != x) return x;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + 0x1000u) & 0xffffe000u);
}

float element(const void* matrix, std::size_t at, ProductType type) {
  switch (type) {
    case ProductType::kFloat:
      return static_cast<const float*>(matrix)[at];
    case ProductType::kTf32:
      return to_tf32(static_cast<const float*>(matrix)[at]);
    case ProductType::kHalf:
      return to_float(static_cast<const Half*>(matrix)[at]);
    case ProductType::kBfloat16:
      return to_float(static_cast<const Bfloat16*>(matrix)[at]);
  }
  return 0;
}

void multiply(const Product& p) {
  const auto at = [](int row, int column, int stride) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(stride) + static_cast<std::size_t>(column);
  };
  for (int i = 0; i < p.m; ++i) {
    for (int j = 0; j < p.n; ++j) {
      float sum = 0;
      for (int l = 0; l < p.k; ++l) {
        const std::size_t in_a = p.transpose_a ? at(l, i, p.lda) : at(i, l, p.lda);
        const std::size_t in_b = p.transpose_b ? at(j, l, p.ldb) : at(l, j, p.ldb);
        sum += element(p.a, in_a, p.type) * element(p.b, in_b, p.type);
      }
      float& c = p.c[at(i, j, p.ldc)];
      c = p.alpha * sum + (p.beta == 0 ? 0 : p.beta * c);
    }
  }
}

}  // namespace

void destroy_products(void*) noexcept {}

Products::Products(StreamRef stream) : stream_(stream), handle_(nullptr) { stream.checked("Products"); }

void Products::run(const Product& product) {
  const Product p = checked(product);
  emulator::Device::instance().enqueue(stream_state(stream_, "product"), "product", [p] { multiply(p); });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
