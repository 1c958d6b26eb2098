// k-means over the features of whole pieces.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/emotion/features.h"

namespace engine {

struct KMeansOptions {
  int restarts = 20;         ///< starts tried, >= 1; the one with the lowest inertia wins, the earlier in a tie
  int max_iterations = 300;  ///< of each start, >= 1; a few dozen suffice for nine features
  std::uint64_t seed = 1;
};

struct KMeansFit {
  std::vector<Features> centres;   ///< [k], each the mean of its points
  std::vector<int> nearest;        ///< [points] index of the nearest centre, the lower in a tie
  std::vector<std::size_t> sizes;  ///< [k] points of each, all >= 1
  double inertia = 0;              ///< sum over points of the squared distance to their centre
  int iterations = 0;              ///< of the start that won
  bool converged = false;          ///< its assignments stopped changing before max_iterations
};

/// Starts by k-means++ (a point is drawn with probability in proportion to its squared distance to the centres chosen
/// before it), then alternates assigning and averaging until no point changes its centre. A centre that loses all its
/// points moves to the point that lies farthest from its own centre. Draws are counter-based (Purpose::kClusters; piece
/// word = start, note word = draw): equal points, order and options give equal bits.
/// @param points  in the space whose distances shall count: standardised, or raw
/// @throws std::invalid_argument for k < 1, an option below 1, a number that is not finite, fewer than k distinct
/// points Cost: restarts * iterations * points * k * 9. Source: Lloyd, "Least squares quantization in PCM" (1982);
/// Arthur & Vassilvitskii, "k-means++" (2007).
KMeansFit k_means(std::span<const Features> points, int k, const KMeansOptions& options = {});

}  // namespace engine
