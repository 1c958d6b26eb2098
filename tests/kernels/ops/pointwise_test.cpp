// Curves and joins of matrices, in place and not, with and without rows left alone.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "kernels/ops/pointwise.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct Case {
  const char* name;
  int rows, columns, gap;  // gap: what a stride has beyond the columns
  float sigma;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr Case kCases[] = {{"one element", 1, 1, 0, 1.0f},
                           {"a ragged block", 3, 29, 5, 1.0f},
                           {"several blocks", 7, 130, 0, 1.0f},
                           {"saturated", 2, 64, 3, 60.0f}};

// expf and tanhf err by at most 2 units in the last place (2^-23 each), and a sigmoid rounds twice more; below the
// smallest normal number nothing is promised.
constexpr Tolerance kCurve{.abs = 0x1p-126, .rel = 6 * 0x1p-24};
// One rounding, of a result that the definition rounded too.
constexpr Tolerance kJoin{.abs = 0, .rel = 2 * 0x1p-24};

class Pointwise : public DeviceCases<Case> {
 public:
  std::size_t elements() const { return static_cast<std::size_t>(param().rows) * static_cast<std::size_t>(stride()); }
  int stride() const { return param().columns + param().gap; }
  std::vector<int> part() const {
    std::vector<int> some;
    for (int r = 0; r < param().rows; ++r) some.push_back(r % 3 != 1);
    return some;
  }
};

/// NaN is as good as NaN: what is left alone is poison on both sides.
void expect_close(std::vector<float> got, std::vector<float> want, const Tolerance& tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(std::isnan(got[i]), std::isnan(want[i])) << "[" << i << "]";
    if (std::isnan(got[i])) got[i] = want[i] = 0;
  }
  EXPECT_TRUE(close(got, want, tolerance));
}

TEST_P(Pointwise, CurvesAreThoseOfTheDefinition) {
  std::vector<float> x = normals(elements(), param().sigma, 0);
  x[0] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<int> some = part();
  const auto x_there = uploaded(stream(), x);
  const auto part_there = uploaded(stream(), some);
  for (const Curve curve : {Curve::identity, Curve::relu, Curve::sigmoid, Curve::tanh}) {
    for (const bool all : {true, false}) {
      const auto y_there = poisoned<float>(stream(), elements());
      std::vector<float> want(elements(), std::numeric_limits<float>::quiet_NaN());
      Unary op{x.data(),     stride(),        want.data(), stride(),
               param().rows, param().columns, curve,       all ? nullptr : some.data()};
      unary_ref(op);
      op.x = x_there.data();
      op.y = y_there.data();
      op.part = all ? nullptr : part_there.data();
      unary(op, stream());
      expect_close(y_there.to_host(), want, kCurve);
    }
  }
}

TEST_P(Pointwise, ABiasAddedInPlaceIsThatOfTheDefinition) {
  std::vector<float> a = normals(elements(), param().sigma, 1);
  const std::vector<float> b = normals(static_cast<std::size_t>(param().columns), param().sigma, 2);
  const auto a_there = uploaded(stream(), a), b_there = uploaded(stream(), b);
  binary(
      {a_there.data(), stride(), b_there.data(), 0, a_there.data(), stride(), param().rows, param().columns, Join::add},
      stream());
  binary_ref({a.data(), stride(), b.data(), 0, a.data(), stride(), param().rows, param().columns, Join::add});
  expect_close(a_there.to_host(), a, kJoin);
}

TEST_P(Pointwise, ProductsOfSomeRowsAreThoseOfTheDefinition) {
  const std::vector<float> a = normals(elements(), param().sigma, 3), b = normals(elements(), param().sigma, 4);
  const std::vector<int> some = part();
  const auto a_there = uploaded(stream(), a), b_there = uploaded(stream(), b);
  const auto part_there = uploaded(stream(), some);
  const auto y_there = poisoned<float>(stream(), elements());
  std::vector<float> want(elements(), std::numeric_limits<float>::quiet_NaN());
  binary_ref({a.data(), stride(), b.data(), stride(), want.data(), stride(), param().rows, param().columns,
              Join::multiply, some.data()});
  binary({a_there.data(), stride(), b_there.data(), stride(), y_there.data(), stride(), param().rows, param().columns,
          Join::multiply, part_there.data()},
         stream());
  expect_close(y_there.to_host(), want, kJoin);
}

TEST_P(Pointwise, RefusesNoElements) {
  EXPECT_THROW(unary({.rows = 0, .columns = 4}, stream()), std::invalid_argument);
  EXPECT_THROW(binary({.rows = 4, .columns = 0}, stream()), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, Pointwise, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
