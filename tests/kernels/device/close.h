// Compares arrays of floats, and says how much of the tolerance was used.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace kernels {

struct Tolerance {
  double abs = 0, rel = 0;
  double at(double want) const { return abs + rel * std::fabs(want); }
};

/// EXPECT_TRUE(close(got, want, tolerance)): every element, NaN never; on failure the worst element.
inline testing::AssertionResult close(const std::vector<float>& got, const std::vector<float>& want,
                                      const Tolerance& tolerance) {
  if (got.size() != want.size()) {
    return testing::AssertionFailure() << "got " << got.size() << " elements, wanted " << want.size();
  }
  std::size_t worst = 0, beyond = 0;
  double used = -1;  // share of the tolerance
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::fabs(double{got[i]} - double{want[i]}), allowed = tolerance.at(want[i]);
    const bool fine = error <= allowed;  // false for NaN
    beyond += fine ? 0 : 1;
    const double share = std::isnan(error) ? INFINITY : error == 0 ? 0 : error / allowed;
    if (share > used) used = share, worst = i;
  }
  if (beyond == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << beyond << " of " << got.size() << " elements; the worst, [" << worst
                                     << "]: got " << got[worst] << ", wanted " << want[worst] << ", " << 100 * used
                                     << " % of the tolerance";
}

}  // namespace kernels
