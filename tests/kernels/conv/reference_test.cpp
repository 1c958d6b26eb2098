// The definition's own gradients against central differences.
#include "kernels/conv/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/kernels/conv/conv_case.h"

namespace kernels::conv_reference {
namespace {

double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Largest difference between `gradient` and central differences of loss() in every entry of x, against the largest
/// entry. With steps of 1e-5 the third derivative's share is 1e-10 and rounding's 1e-16 / 1e-5 = 1e-11.
template <class Loss>
double worst_of(Values& x, const Values& gradient, const Loss& loss) {
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i], h = 1e-5;
    x[i] = kept + h;
    const double above = loss();
    x[i] = kept - h;
    const double below = loss();
    x[i] = kept;
    worst = std::max(worst, std::abs((above - below) / (2 * h) - gradient[i]));
    largest = std::max(largest, std::abs(gradient[i]));
  }
  return worst / largest;
}
constexpr double kWorst = 1e-8;

TEST(ConvReference, AnEdgeSeesZerosAndTheWindowIsNotTurned) {
  const Shape shape{1, 1, 2, 2};
  // Only the tap right of the middle: every pixel takes its right neighbour.
  const Values weights{0, 0, 0, 0, 0, 1, 0, 0, 0};
  EXPECT_EQ(convolve(shape, {1, 2, 3, 4}, 1, weights), (Values{2, 0, 4, 0}));
}

TEST(ConvReference, ConvolutionsGradientsAreItsDifferences) {
  const Shape shape{2, 3, 4, 5};
  const std::size_t out = 2;
  Values x = random_values(shape.size(), 1), w = random_values(out * 3 * 9, 2);
  const Values d = random_values(Shape{2, out, 4, 5}.size(), 3);
  const ConvolutionGradient gradient = convolve_back(shape, x, out, w, d);
  const auto loss = [&] { return dot(convolve(shape, x, out, w), d); };
  EXPECT_LT(worst_of(x, gradient.x, loss), kWorst);
  EXPECT_LT(worst_of(w, gradient.weights, loss), kWorst);
}

TEST(ConvReference, NormalisationsGradientsAreItsDifferences) {
  const Shape shape{3, 2, 2, 3};
  Values z = random_values(shape.size(), 1);
  Normalisation norm{random_values(2, 2), random_values(2, 3)};
  const Values d = random_values(shape.size(), 4);
  const NormalisationGradient gradient = normalise_back(shape, z, norm, d);
  const auto loss = [&] { return dot(normalise(shape, z, norm, moments(shape, z)), d); };
  EXPECT_LT(worst_of(z, gradient.z, loss), 1e-7);  // curved: a few times the bound of the linear ones
  EXPECT_LT(worst_of(norm.gamma, gradient.gamma, loss), kWorst);
  EXPECT_LT(worst_of(norm.beta, gradient.beta, loss), kWorst);
}

TEST(ConvReference, ActivationsGradientsAreItsDifferences) {
  for (const bool pool : {false, true}) {
    const Shape shape{2, 2, 5, 4};
    Values r = random_values(shape.size(), 1);  // no two within a step of each other, none within one of zero
    const Values d = random_values(activated(shape, pool).size(), 2);
    const auto loss = [&] { return dot(activate(shape, r, pool), d); };
    EXPECT_LT(worst_of(r, activate_back(shape, r, pool, d), loss), kWorst) << pool;
  }
}

}  // namespace
}  // namespace kernels::conv_reference
