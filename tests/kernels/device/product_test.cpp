// The library's matrix product against the definition in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "kernels/math/half.h"
#include "kernels/math/philox.h"
#include "kernels/runtime/graph.h"
#include "kernels/runtime/product.h"
#include "tests/kernels/device/backend.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct Case {
  const char* name;
  ProductType type;
  int m, n, k;
  bool transpose_a, transpose_b;
  float alpha, beta;
  int gap = 0;  // elements between rows
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr Case kCases[] = {
    {"one number", ProductType::kFloat, 1, 1, 1, false, false, 1, 0},
    {"float", ProductType::kFloat, 5, 7, 33, false, false, 1, 0},
    {"float, B transposed", ProductType::kFloat, 8, 12, 24, false, true, 1, 1},
    {"float, A transposed", ProductType::kFloat, 8, 12, 24, true, false, 0.5f, 0},
    {"float, both transposed, wide rows", ProductType::kFloat, 8, 12, 24, true, true, 1, -2, 8},
    {"tf32", ProductType::kTf32, 16, 24, 40, false, true, 1, 0},
    {"half", ProductType::kHalf, 16, 24, 40, false, false, 1, 0},
    {"half, B transposed", ProductType::kHalf, 16, 24, 40, false, true, 1, 0.5f, 8},
    {"bfloat16, A transposed", ProductType::kBfloat16, 16, 24, 40, true, false, 2, 1},
};

// How much an operand is off after it was rounded to the type: half a unit in the last place of its fraction.
double rounding(ProductType type) {
  switch (type) {
    case ProductType::kFloat:
      return 0;
    case ProductType::kTf32:
      return 0x1p-10;  // a GPU may also cut off, which is twice as much as rounding
    default:
      return 0;  // the test's operands are of the type to begin with
  }
}

std::vector<float> uniforms(std::size_t count, std::uint32_t stream, ProductType type) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<float>(2 * uniform(random_words(/*seed=*/3, i, stream, Purpose::kWeights).w[0]) - 1);
    values[i] = type == ProductType::kHalf       ? to_float(to_half(x))
                : type == ProductType::kBfloat16 ? to_float(to_bfloat16(x))
                                                 : x;
  }
  return values;
}

// The operand as bytes of its type.
std::vector<std::byte> stored(const std::vector<float>& values, ProductType type) {
  const bool narrow = type == ProductType::kHalf || type == ProductType::kBfloat16;
  std::vector<std::byte> bytes(values.size() * (narrow ? 2 : 4));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (narrow) {
      const std::uint16_t bits = type == ProductType::kHalf ? to_half(values[i]).bits : to_bfloat16(values[i]).bits;
      std::memcpy(&bytes[2 * i], &bits, 2);
    } else {
      std::memcpy(&bytes[4 * i], &values[i], 4);
    }
  }
  return bytes;
}

class ProductOf : public DeviceCases<Case> {};

TEST_P(ProductOf, MatricesEqualsTheDefinition) {
  const Case& t = param();
  const int lda = (t.transpose_a ? t.m : t.k) + t.gap, ldb = (t.transpose_b ? t.k : t.n) + t.gap, ldc = t.n + t.gap;
  const auto a_rows = static_cast<std::size_t>(t.transpose_a ? t.k : t.m);
  const auto b_rows = static_cast<std::size_t>(t.transpose_b ? t.n : t.k);
  const std::vector<float> a = uniforms(a_rows * lda, 0, t.type), b = uniforms(b_rows * ldb, 1, t.type);
  std::vector<float> c = uniforms(static_cast<std::size_t>(t.m) * ldc, 2, ProductType::kFloat);
  if (t.beta == 0) std::fill(c.begin(), c.end(), NAN);  // must not be read

  const std::vector<std::byte> a_bytes = stored(a, t.type), b_bytes = stored(b, t.type);
  DeviceBuffer<std::byte> a_device(stream(), a_bytes.size()), b_device(stream(), b_bytes.size());
  DeviceBuffer<float> c_device(stream(), c.size());
  a_device.upload(a_bytes);
  b_device.upload(b_bytes);
  c_device.upload(c);
  Products products(stream());
  products.run({.a = a_device.data(),
                .b = b_device.data(),
                .c = c_device.data(),
                .m = t.m,
                .n = t.n,
                .k = t.k,
                .lda = lda,
                .ldb = ldb,
                .ldc = ldc,
                .transpose_a = t.transpose_a,
                .transpose_b = t.transpose_b,
                .alpha = t.alpha,
                .beta = t.beta,
                .type = t.type});
  const std::vector<float> got = c_device.to_host();

  for (int i = 0; i < t.m; ++i) {
    for (int j = 0; j < ldc; ++j) {
      const std::size_t at = static_cast<std::size_t>(i) * ldc + j;
      if (j >= t.n) {
        EXPECT_EQ(std::isnan(got[at]) ? -9 : got[at], std::isnan(c[at]) ? -9 : c[at]) << "between the rows";
        continue;
      }
      double sum = 0, sizes = 0;
      for (int l = 0; l < t.k; ++l) {
        const double x = a[t.transpose_a ? l * lda + i : i * lda + l], y = b[t.transpose_b ? j * ldb + l : l * ldb + j];
        sum += x * y;
        sizes += std::fabs(x * y);
      }
      const double want = t.alpha * sum + (t.beta == 0 ? 0 : t.beta * c[at]);
      // k + 3 roundings of partial sums, none larger than the sum of sizes, and both operands' own
      const double bound = (t.k + 3) * 0x1p-24 * (std::fabs(t.alpha) * sizes + std::fabs(t.beta)) +
                           2 * rounding(t.type) * std::fabs(t.alpha) * sizes;
      EXPECT_LE(std::fabs(got[at] - want), bound)
          << "row " << i << ", column " << j << ": " << got[at] << " for " << want;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ProductOf, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

class ProductCalls : public DeviceTest {};

TEST_P(ProductCalls, BadSizesAreRefused) {
  Products products(stream());
  EXPECT_THROW(products.run({.m = 0, .n = 1, .k = 1}), std::invalid_argument);
  EXPECT_THROW(products.run({.m = 2, .n = 2, .k = 3, .lda = 2}), std::invalid_argument);
  EXPECT_THROW(products.run({.m = 2, .n = 2, .k = 3, .ldc = 1}), std::invalid_argument);
}

TEST_P(ProductCalls, AProductCanBeCaptured) {
  DeviceBuffer<float> a(stream(), 4), b(stream(), 4), c(stream(), 4);
  const std::vector<float> values = {1, 2, 3, 4}, ones(4, 1);
  a.upload(values);
  b.upload(ones);
  c.fill(0);
  Products products(stream());
  stream().synchronize();
  GraphCapture capture(stream());
  products.run({.a = a.data(), .b = b.data(), .c = c.data(), .m = 2, .n = 2, .k = 2, .beta = 1});
  const Graph graph = capture.finish();
  for (int i = 0; i < 3; ++i) graph.replay(stream());
  EXPECT_EQ(c.to_host(), (std::vector<float>{9, 9, 21, 21}));
}

INSTANTIATE_TEST_SUITE_P(All, ProductCalls, testing::ValuesIn(backends(1)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
