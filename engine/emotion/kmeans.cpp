#include "engine/emotion/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

#include "kernels/math/philox.h"

namespace engine {
namespace {

using Points = std::span<const Features>;

double squared_distance(const Features& a, const Features& b) {
  double squares = 0;
  for (std::size_t k = 0; k < kFeatures; ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
  return squares;
}

void check(Points points, int k, const KMeansOptions& options) {
  const auto require = [](bool good, const std::string& why) {
    if (!good) throw std::invalid_argument("k_means: " + why);
  };
  require(k >= 1, "k = " + std::to_string(k) + "; it must be at least 1");
  require(options.restarts >= 1 && options.max_iterations >= 1, "restarts and max_iterations must be at least 1");
  for (const Features& point : points) {
    require(std::ranges::all_of(point, [](double x) { return std::isfinite(x); }), "a feature is not a finite number");
  }
  const std::set<Features> distinct(points.begin(), points.end());
  require(distinct.size() >= static_cast<std::size_t>(k),
          std::to_string(distinct.size()) + " distinct points; " + std::to_string(k) + " clusters need as many");
}

/// The index at which the running sum of `weights` passes u times their total. Zero weights are never drawn.
std::size_t draw(const std::vector<double>& weights, double u) {
  double total = 0;
  for (const double w : weights) total += w;
  double sum = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    last = i;
    sum += weights[i];
    if (sum > u * total) break;
  }
  return last;
}

std::vector<Features> first_centres(Points points, int k, std::uint64_t seed, int start) {
  std::vector<Features> centres;
  std::vector<double> weights(points.size(), 1.0);
  for (int c = 0; c < k; ++c) {
    const auto words = kernels::random_words(seed, static_cast<std::uint64_t>(start), static_cast<std::uint32_t>(c),
                                             kernels::Purpose::kClusters);
    centres.push_back(points[draw(weights, kernels::uniform(words.w[0]))]);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double squares = squared_distance(points[i], centres.back());
      weights[i] = c == 0 ? squares : std::min(weights[i], squares);
    }
  }
  return centres;
}

/// Assigns every point to its nearest centre; returns whether any changed.
bool assign(Points points, KMeansFit& fit) {
  bool changed = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double best = std::numeric_limits<double>::infinity();
    int nearest = 0;
    for (std::size_t c = 0; c < fit.centres.size(); ++c) {
      const double squares = squared_distance(points[i], fit.centres[c]);
      if (squares < best) best = squares, nearest = static_cast<int>(c);
    }
    changed |= nearest != fit.nearest[i];
    fit.nearest[i] = nearest;
  }
  return changed;
}

void average(Points points, KMeansFit& fit) {
  std::ranges::fill(fit.sizes, 0);
  std::vector<Features> sums(fit.centres.size(), Features{});
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto c = static_cast<std::size_t>(fit.nearest[i]);
    ++fit.sizes[c];
    for (std::size_t k = 0; k < kFeatures; ++k) sums[c][k] += points[i][k];
  }
  for (std::size_t c = 0; c < sums.size(); ++c) {
    if (fit.sizes[c] == 0) continue;
    for (std::size_t k = 0; k < kFeatures; ++k) fit.centres[c][k] = sums[c][k] / static_cast<double>(fit.sizes[c]);
  }
}

/// Gives each empty cluster the point that is farthest from its own centre. Such a point lies in a cluster of two or
/// more, for a cluster of one has its centre on its point.
void fill_empty(Points points, KMeansFit& fit) {
  for (std::size_t c = 0; c < fit.centres.size(); ++c) {
    if (fit.sizes[c] != 0) continue;
    std::size_t farthest = 0;
    double greatest = -1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double squares = squared_distance(points[i], fit.centres[static_cast<std::size_t>(fit.nearest[i])]);
      if (squares > greatest) greatest = squares, farthest = i;
    }
    fit.nearest[farthest] = static_cast<int>(c);
    average(points, fit);
  }
}

KMeansFit run_once(Points points, std::vector<Features> centres, int max_iterations) {
  KMeansFit fit;
  fit.sizes.resize(centres.size());
  fit.centres = std::move(centres);
  fit.nearest.assign(points.size(), -1);
  while (fit.iterations < max_iterations && !fit.converged) {
    ++fit.iterations;
    fit.converged = !assign(points, fit);
    if (fit.converged) break;
    average(points, fit);
    fill_empty(points, fit);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    fit.inertia += squared_distance(points[i], fit.centres[static_cast<std::size_t>(fit.nearest[i])]);
  }
  return fit;
}

}  // namespace

KMeansFit k_means(std::span<const Features> points, int k, const KMeansOptions& options) {
  check(points, k, options);
  KMeansFit best;
  for (int start = 0; start < options.restarts; ++start) {
    KMeansFit fit = run_once(points, first_centres(points, k, options.seed, start), options.max_iterations);
    if (start == 0 || fit.inertia < best.inertia) best = std::move(fit);
  }
  return best;
}

}  // namespace engine
