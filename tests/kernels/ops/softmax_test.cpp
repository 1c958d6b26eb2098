// The pieces of a softmax against their definitions.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "kernels/ops/softmax.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct Case {
  int rows, columns;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.rows << " x " << c.columns; }
constexpr Case kCases[] = {{1, 1}, {3, 31}, {5, 33}, {9, 128}, {2, 1000}};

class Softmax : public DeviceCases<Case> {
 public:
  std::size_t rows() const { return static_cast<std::size_t>(param().rows); }
  std::size_t elements() const { return rows() * static_cast<std::size_t>(param().columns); }
  /// Numbers with a NaN, and rows of nothing but NaN or one value.
  std::vector<float> awkward() const {
    std::vector<float> x = normals(elements(), 3, 0);
    const auto columns = static_cast<std::size_t>(param().columns);
    if (rows() > 1) x[columns + columns / 2] = std::numeric_limits<float>::quiet_NaN();
    if (rows() > 2)
      std::fill_n(x.begin() + 2 * static_cast<std::ptrdiff_t>(columns), columns,
                  std::numeric_limits<float>::quiet_NaN());
    if (rows() > 3) std::fill_n(x.begin() + 3 * static_cast<std::ptrdiff_t>(columns), columns, -4.5f);
    return x;
  }
};

TEST_P(Softmax, TheHighestIsThatOfTheDefinition) {
  const std::vector<float> x = awkward();
  const auto there = uploaded(stream(), x);
  const auto y = poisoned<float>(stream(), rows());
  std::vector<float> want(rows());
  row_max_ref({x.data(), want.data(), param().rows, param().columns});
  row_max({there.data(), y.data(), param().rows, param().columns}, stream());
  EXPECT_EQ(y.to_host(), want);
}

TEST_P(Softmax, ThePlaceOfTheHighestIsThatOfTheDefinition) {
  const std::vector<float> x = awkward();
  const auto there = uploaded(stream(), x);
  const auto y = poisoned<int>(stream(), rows());
  std::vector<int> want(rows());
  arg_max_ref({x.data(), want.data(), param().rows, param().columns});
  arg_max({there.data(), y.data(), param().rows, param().columns}, stream());
  EXPECT_EQ(y.to_host(), want);
}

TEST_P(Softmax, SumsAreThoseOfTheDefinition) {
  const std::vector<float> x = normals(elements(), 3, 1);
  const auto there = uploaded(stream(), x);
  const auto y = poisoned<float>(stream(), rows());
  std::vector<float> want(rows());
  row_sum_ref({x.data(), want.data(), param().rows, param().columns});
  row_sum({there.data(), y.data(), param().rows, param().columns}, stream());
  // Both are doubles' sums, a thousand roundings of 2^-53 of numbers up to 15 apart, rounded once to float.
  EXPECT_TRUE(close(y.to_host(), want, {.abs = 1e-11, .rel = 2 * 0x1p-24}));
}

TEST_P(Softmax, TogetherTheyAreProbabilities) {
  const std::vector<float> x = normals(elements(), 5, 2);
  std::vector<float> by(rows()), want(elements());
  row_max_ref({x.data(), by.data(), param().rows, param().columns});
  const auto there = uploaded(stream(), x), by_there = uploaded(stream(), by);
  const auto y = poisoned<float>(stream(), elements());

  exp_subtract_ref({x.data(), by.data(), want.data(), param().rows, param().columns});
  exp_subtract({there.data(), by_there.data(), y.data(), param().rows, param().columns}, stream());
  // The argument, of size up to 40, is rounded by 2^-24 of it; expf errs by up to 2 units of 2^-23.
  EXPECT_TRUE(close(y.to_host(), want, {.abs = 0, .rel = 44 * 0x1p-24}));

  const std::vector<float> weights = y.to_host();
  row_sum_ref({weights.data(), by.data(), param().rows, param().columns});
  divide_ref({weights.data(), by.data(), want.data(), param().rows, param().columns});
  const auto sums_there = uploaded(stream(), by);
  divide({y.data(), sums_there.data(), y.data(), param().rows, param().columns}, stream());
  EXPECT_TRUE(close(y.to_host(), want, {.abs = 0, .rel = 2 * 0x1p-24}));
}

TEST_P(Softmax, RefusesNoRows) {
  EXPECT_THROW(row_max({.rows = 0, .columns = 3}, stream()), std::invalid_argument);
  EXPECT_THROW(divide({.rows = 3, .columns = 0}, stream()), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, Softmax, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
