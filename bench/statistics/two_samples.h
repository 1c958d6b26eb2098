// Are two samples drawn from one distribution? For gates: small p says no. Both tests take observations that do not
// depend on one another, within a sample and between the two.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bench {

/// P(chi-square with so many degrees of freedom > statistic); statistic >= 0, degrees >= 1.
double chi_square_tail(double statistic, double degrees);

/// Pearson's test of two histograms over the same bins; the totals may differ. Bins in which one of the two is expected
/// to have fewer than 5 are pooled with one another (Cochran 1954), for there counts are too coarse for chi-square.
/// @return p; 1 where one bin is left. @throws std::invalid_argument for different bins, negative counts, no counts
double chi_square_p(std::span<const std::int64_t> a, std::span<const std::int64_t> b);

/// Kolmogorov's and Smirnov's test, with Stephens' correction (1970) of the asymptotic distribution for small samples;
/// values that occur more than once make p too large, never too small.
/// @return p. @throws std::invalid_argument for an empty sample or NaN
double kolmogorov_smirnov_p(std::vector<float> a, std::vector<float> b);

}  // namespace bench
