#include "bench/statistics/two_samples.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>

namespace bench {
namespace {

constexpr double kFewest = 5;   // expected in a bin
constexpr int kTerms = 10'000;  // both expansions of gamma take about sqrt(shape) terms

/// The lower incomplete gamma function over the whole one: its series, for x < shape + 1.
double gamma_below(double shape, double x) {
  double term = 1 / shape, sum = term;
  for (int n = 1; n < kTerms && term > 1e-17 * sum; ++n) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum * std::exp(shape * std::log(x) - x - std::lgamma(shape));
}

/// The upper one: its continued fraction by Lentz's method, for x >= shape + 1.
double gamma_above(double shape, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - shape, c = 1 / kTiny, d = 1 / b, fraction = d;
  for (int n = 1; n < kTerms; ++n) {
    const double a = n * (shape - n);
    b += 2;
    d = a * d + b;
    c = b + a / c;
    if (std::abs(d) < kTiny) d = kTiny;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return fraction * std::exp(shape * std::log(x) - x - std::lgamma(shape));
}

std::int64_t total_of(std::span<const std::int64_t> counts) {
  for (const std::int64_t count : counts) {
    if (count < 0) throw std::invalid_argument("chi_square_p: a negative count");
  }
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  if (total == 0) throw std::invalid_argument("chi_square_p: a histogram without counts");
  return total;
}

struct Bin {
  double a = 0, b = 0;
};

/// Bins that are full enough; the others as one, added to the smallest where together they are still too few.
/// @param smaller_share  of all counts, which the smaller sample has
std::vector<Bin> pooled(std::span<const std::int64_t> a, std::span<const std::int64_t> b, double smaller_share) {
  const auto enough = [&](const Bin& bin) { return (bin.a + bin.b) * smaller_share >= kFewest; };
  std::vector<Bin> bins;
  Bin rest;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Bin bin{static_cast<double>(a[i]), static_cast<double>(b[i])};
    if (enough(bin)) {
      bins.push_back(bin);
    } else {
      rest = {rest.a + bin.a, rest.b + bin.b};
    }
  }
  if (enough(rest) || bins.empty()) {
    bins.push_back(rest);
  } else {
    Bin& least = *std::min_element(bins.begin(), bins.end(), [](auto& x, auto& y) { return x.a + x.b < y.a + y.b; });
    least = {least.a + rest.a, least.b + rest.b};
  }
  return bins;
}

/// P(Kolmogorov's statistic > x).
double kolmogorov_tail(double x) {
  if (x < 0.2) return 1;  // but for 1e-12; the series below converges slowly there
  double tail = 0;
  for (int j = 1; j <= 100; ++j) tail += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * x * x);
  return std::clamp(tail, 0.0, 1.0);
}

/// The largest distance between the empirical distributions of sorted samples: each is looked at behind equal values.
double largest_gap(std::span<const float> a, std::span<const float> b) {
  double gap = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const float value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == value) ++i;
    while (j < b.size() && b[j] == value) ++j;
    gap = std::max(gap, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                 static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return gap;
}

}  // namespace

double chi_square_tail(double statistic, double degrees) {
  const double shape = degrees / 2, x = statistic / 2;
  if (x <= 0) return 1;
  return x < shape + 1 ? 1 - gamma_below(shape, x) : gamma_above(shape, x);
}

double chi_square_p(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  if (a.size() != b.size()) throw std::invalid_argument("chi_square_p: histograms over different bins");
  const auto total_a = static_cast<double>(total_of(a)), total_b = static_cast<double>(total_of(b));
  const double share_a = total_a / (total_a + total_b), share_b = 1 - share_a;
  const std::vector<Bin> bins = pooled(a, b, std::min(share_a, share_b));
  if (bins.size() < 2) return 1;
  double statistic = 0;
  for (const Bin& bin : bins) {
    const double all = bin.a + bin.b, gap = bin.a - all * share_a;  // the gap of b is the same
    statistic += gap * gap / (all * share_a) + gap * gap / (all * share_b);
  }
  return chi_square_tail(statistic, static_cast<double>(bins.size() - 1));
}

double kolmogorov_smirnov_p(std::vector<float> a, std::vector<float> b) {
  for (std::vector<float>* sample : {&a, &b}) {
    if (sample->empty()) throw std::invalid_argument("kolmogorov_smirnov_p: an empty sample");
    if (std::any_of(sample->begin(), sample->end(), [](float x) { return std::isnan(x); })) {
      throw std::invalid_argument("kolmogorov_smirnov_p: NaN");
    }
    std::sort(sample->begin(), sample->end());
  }
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double root = std::sqrt(n * m / (n + m));
  return kolmogorov_tail(largest_gap(a, b) * (root + 0.12 + 0.11 / root));
}

}  // namespace bench
