// Scores, blend, softmax, tail cut and draw against formulas in double, and the draw's distribution.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/cpu/draw.h"
#include "kernels/cpu/packed.h"
#include "kernels/cpu/step.h"
#include "kernels/math/modulation.h"
#include "kernels/math/philox.h"
#include "tests/kernels/cpu_levels.h"

namespace kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Choice {
  Choice(const StepTable& table, std::vector<float> logits_, double temperature = 1) : steps(table), logits(logits_) {
    op.count = static_cast<int>(logits.size());
    op.padded = padded(op.count, steps.lanes);
    logits.resize(op.padded, NAN);  // what lies beyond the candidates must not matter
    op.logits = logits.data();
    op.alpha = 0;
    op.beta = static_cast<float>(1 / temperature);
    scores.resize(op.padded, NAN);
    blended.resize(op.padded);
    weights.resize(op.padded);
    sums.resize(op.padded / steps.lanes);
  }
  BlendResult run() {
    if (op.with_scores) steps.score(op, scores.data());
    const BlendResult result = steps.blend(op, scores.data(), blended.data());
    total = steps.soft_max(blended.data(), op.padded, result.highest, weights.data(), sums.data());
    return result;
  }
  const StepTable& steps;
  std::vector<float> logits, scores, blended, weights, sums;
  Blend op{};
  double total = 0;
};

double uniform_at(std::uint64_t seed, std::uint32_t i) {
  return uniform(random_words(seed, 0, i, Purpose::kPitch).w[0]);
}

using CpuChoose = support::EachLevel;

TEST_P(CpuChoose, SpreadEqualsItsFormula) {
  const StepTable& table = step_table(GetParam());
  for (const int count : {0, 1, 15, 16, 25, 100}) {
    std::vector<float> values(count);
    for (int i = 0; i < count; ++i) values[i] = static_cast<float>(uniform_at(1, i)) * 3;
    const float last = 1.25f;
    double sum = last, highest = last;
    for (const float v : values) {
      sum += v;
      highest = std::max<double>(highest, v);
    }
    const double mean = sum / (count + 1);
    double squares = (last - mean) * (last - mean);
    for (const float v : values) squares += (v - mean) * (v - mean);
    const Spread got = table.spread(values.data(), count, last);
    // sums of up to 101 numbers below 3 in fp32
    EXPECT_NEAR(got.mean, mean, 101 * 3 * 0x1p-24);
    EXPECT_EQ(got.highest, static_cast<float>(highest));
    EXPECT_NEAR(got.deviation, std::sqrt(squares / (count + 1)), 101 * 3 * 0x1p-23);
  }
}

TEST_P(CpuChoose, EqualValuesHaveNoDeviation) {
  const std::vector<float> values(25, 0.1f);
  EXPECT_LE(step_table(GetParam()).spread(values.data(), 25, 0.1f).deviation, 0x1p-24f);
}

/// Scores of every candidate by the definition, in double.
std::vector<double> scores_of(const std::vector<int>& window, const Blend& op) {
  std::vector<double> scores;
  for (int candidate = 0; candidate < op.count; ++candidate) {
    std::vector<int> pitches = window;
    pitches.push_back(candidate);
    const double n = static_cast<double>(pitches.size());
    const double mean = std::accumulate(pitches.begin(), pitches.end(), 0.0) / n;
    double squares = 0;
    for (const int p : pitches) squares += (p - mean) * (p - mean);
    const double features[3] = {mean, static_cast<double>(*std::max_element(pitches.begin(), pitches.end())),
                                std::sqrt(squares / n)};
    double d[2];
    for (int c = 0; c < 2; ++c) {
      double sum = op.shared[c];
      for (int f = 0; f < 3; ++f) sum += std::pow(features[f] * op.inverse[f] - op.offset[c][f], 2);
      d[c] = std::sqrt(sum);
    }
    scores.push_back(1 / (1 + std::exp(d[0] - d[1])));
  }
  return scores;
}

TEST_P(CpuChoose, ScoresEqualTheirDefinitionForAnyWindow) {
  const StepTable& table = step_table(GetParam());
  const std::vector<std::vector<int>> windows = {
      {}, {60}, std::vector<int>(25, 127), {0, 127, 0, 127, 0}, std::vector<int>(4096, 61)};
  std::vector<int> mixed(100);
  for (int i = 0; i < 100; ++i) mixed[i] = static_cast<int>(uniform_at(2, i) * 128);
  for (std::vector<int> window : {windows[0], windows[1], windows[2], windows[3], windows[4], mixed}) {
    Choice choice(table, std::vector<float>(128, 0.0f));
    Blend& op = choice.op;
    op.with_scores = true;
    const double m = static_cast<double>(window.size());
    const int origin =
        window.empty() ? 0 : static_cast<int>(std::lround(std::accumulate(window.begin(), window.end(), 0.0) / m));
    op.notes = static_cast<float>(m);
    op.origin = static_cast<float>(origin);
    op.highest = -1;
    for (const int p : window) {
      op.shifted_sum += static_cast<float>(p - origin);
      op.shifted_squares += static_cast<float>((p - origin) * (p - origin));
      op.highest = std::max(op.highest, static_cast<float>(p));
    }
    const float inverse[3] = {0.2f, 0.1f, 0.5f}, offset[2][3] = {{12, 8, 3}, {14, 9, 6}};
    for (int f = 0; f < 3; ++f) {
      op.inverse[f] = inverse[f];
      op.offset[0][f] = offset[0][f];
      op.offset[1][f] = offset[1][f];
    }
    op.shared[0] = 1.5f;
    op.shared[1] = 0.25f;
    choice.run();
    const std::vector<double> want = scores_of(window, op);
    // distances of up to 30 from terms with a few roundings each; the logistic function's slope is at most 1/4
    for (int i = 0; i < 128; ++i) ASSERT_NEAR(choice.scores[i], want[i], 30 * 8 * 0x1p-24) << "candidate " << i;
  }
}

TEST_P(CpuChoose, ProbabilitiesEqualSoftmaxOfTheBlend) {
  const StepTable& table = step_table(GetParam());
  for (const int count : {1, 7, 100, 128}) {
    for (const double temperature : {0.1, 1.0, 5.0}) {
      std::vector<float> logits(count);
      for (int i = 0; i < count; ++i) logits[i] = static_cast<float>(8 * uniform_at(3, i) - 4);
      Choice choice(table, logits, temperature);
      EXPECT_TRUE(choice.run().finite);
      double total = 0;
      const double top = *std::max_element(logits.begin(), logits.end());
      for (const float l : logits) total += std::exp((l - top) / temperature);
      for (int i = 0; i < count; ++i) {
        const double want = std::exp((logits[i] - top) / temperature) / total;
        // the exponent, up to 80, is rounded twice before e^x passes its error on
        EXPECT_NEAR(choice.weights[i] / choice.total, want, want * (80 * 2 + 8) * 0x1p-24 + 1e-38);
      }
      for (int i = count; i < choice.op.padded; ++i) EXPECT_EQ(choice.weights[i], 0.0f);
    }
  }
}

TEST_P(CpuChoose, ALogitThatIsNotFiniteIsNoticed) {
  const StepTable& table = step_table(GetParam());
  for (const float bad : {NAN, kInfinity, -kInfinity}) {
    for (const int at : {0, 17, 99}) {
      std::vector<float> logits(100, 1.0f);
      logits[at] = bad;
      EXPECT_FALSE(Choice(table, logits).run().finite) << bad << " at " << at;
    }
  }
}

/// P(chi-square with k degrees > x), Wilson and Hilferty's approximation.
double chi_square_tail(double x, double k) {
  const double z = (std::cbrt(x / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

/// Draws a million times and compares with the probabilities; cells expected under 10 times are joined.
void expect_distribution(Choice& choice, std::uint64_t seed) {
  constexpr int kDraws = 1'000'000;
  std::vector<int> counts(choice.op.padded);
  for (int i = 0; i < kDraws; ++i) {
    const double u = uniform_at(seed, static_cast<std::uint32_t>(i));
    ++counts[draw_inverse_cdf(choice.weights, choice.sums, choice.total, u)];
  }
  double statistic = 0, rest_expected = 0, rest_seen = 0;
  int cells = 0;
  for (int i = 0; i < choice.op.padded; ++i) {
    const double expected = kDraws * (choice.weights[i] / choice.total);
    if (choice.weights[i] == 0) {
      ASSERT_EQ(counts[i], 0) << "candidate " << i << " has no weight";
    }
    if (expected < 10) {
      rest_expected += expected;
      rest_seen += counts[i];
      continue;
    }
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    ++cells;
  }
  if (rest_expected >= 10) {
    statistic += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
    ++cells;
  } else {
    ASSERT_LE(rest_seen, 40);
  }
  if (cells > 1) {
    EXPECT_GT(chi_square_tail(statistic, cells - 1), 1e-4);
  }
}

TEST_P(CpuChoose, AMillionDrawsFollowTheProbabilities) {
  const StepTable& table = step_table(GetParam());
  std::vector<float> mixed(128), dominant(128, -20.0f), ties(100, 0.5f), masked(128, -80.0f);
  for (int i = 0; i < 128; ++i) mixed[i] = static_cast<float>(6 * uniform_at(4, i));
  dominant[77] = 5;
  masked[3] = masked[127] = 1;
  std::uint64_t seed = 100;
  for (const double temperature : {1.0, 0.1, 5.0}) {
    Choice choice(table, mixed, temperature);
    choice.run();
    expect_distribution(choice, ++seed);
  }
  for (const std::vector<float>& logits : {dominant, ties, masked}) {
    Choice choice(table, logits);
    choice.run();
    expect_distribution(choice, ++seed);
  }
}

TEST_P(CpuChoose, TheEndsOfTheUnitIntervalStayInside) {
  Choice choice(step_table(GetParam()), std::vector<float>(100, 0.3f));
  choice.run();
  EXPECT_EQ(draw_inverse_cdf(choice.weights, choice.sums, choice.total, uniform(0)), 0);
  EXPECT_EQ(draw_inverse_cdf(choice.weights, choice.sums, choice.total, uniform(0xFFFFFFFFu)), 99);
}

std::vector<float> cut(std::vector<float> weights, int top_k, double top_p) {
  std::vector<int> order(weights.size());
  cut_tail(weights, std::accumulate(weights.begin(), weights.end(), 0.0), top_k, top_p, order);
  return weights;
}

TEST(CpuDraw, CutsKeepTheMostProbableAndEqualsByIndex) {
  const std::vector<float> w = {1, 4, 2, 4, 2, 3};  // total 16
  using Weights = std::vector<float>;
  EXPECT_EQ(cut(w, 0, 1), w);
  EXPECT_EQ(cut(w, 1, 1), (Weights{0, 4, 0, 0, 0, 0}));
  EXPECT_EQ(cut(w, 4, 1), (Weights{0, 4, 2, 4, 0, 3}));
  EXPECT_EQ(cut(w, 99, 1), w);
  EXPECT_EQ(cut(w, 0, 0.5), (Weights{0, 4, 0, 4, 0, 0})) << "8 of 16 is reached with two, not below it";
  EXPECT_EQ(cut(w, 0, 0.51), (Weights{0, 4, 0, 4, 0, 3}));
  EXPECT_EQ(cut(w, 2, 0.9), (Weights{0, 4, 0, 4, 0, 0}));
  EXPECT_EQ(cut(w, 5, 0.1), (Weights{0, 4, 0, 0, 0, 0})) << "one always stays";
}

TEST(CpuDraw, ArgMaxTakesTheFirstAndNeverNan) {
  EXPECT_EQ(arg_max(std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(arg_max(std::vector<float>{NAN, -5, NAN}), 1);
  EXPECT_EQ(arg_max(std::vector<float>{}), 0);
}

TEST(CpuDraw, ModulationFollowsItsFormula) {
  EXPECT_DOUBLE_EQ(modulation_gamma(1.25, true), 0.25);
  EXPECT_DOUBLE_EQ(modulation_gamma(1.25, false), -0.25);
  EXPECT_DOUBLE_EQ(modulation_gamma(-0.75, true), 0.25);
  EXPECT_DOUBLE_EQ(modulated(2, 1, 0.25), 1.5);
  EXPECT_DOUBLE_EQ(modulated(2, -1, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(modulated(2, 0, 0.25), 2);
  EXPECT_EQ(modulated(2, 1, 3), 0) << "a factor below 0 plays nothing backwards";
  EXPECT_EQ(modulated(-1, -1, 0.5), 0);
}

AFFETTO_EACH_LEVEL(CpuChoose);

}  // namespace
}  // namespace kernels
