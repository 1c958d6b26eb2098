// Which of two clusters of pieces is happy and which is sad, and how far that agrees with people.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/emotion/clusters.h"
#include "engine/emotion/features.h"
#include "engine/emotion/kmeans.h"

namespace engine {

/// What people said about a piece, or what a cluster is called.
enum class Mood { unknown, happy, sad };

/// Labelled pieces against their clusters.
struct Agreement {
  std::size_t happy_in_happy = 0, happy_in_sad = 0;  ///< pieces that people call happy, by cluster
  std::size_t sad_in_happy = 0, sad_in_sad = 0;      ///< pieces that people call sad, by cluster
  std::size_t labelled() const { return happy_in_happy + happy_in_sad + sad_in_happy + sad_in_sad; }
  /// Share of labelled pieces that lie in the cluster of their label; 0 without labels.
  double share() const;
  /// Mean of the shares within happy and within sad: 0.5 is chance whatever the mix; 0 unless both labels occur.
  double balanced() const;
};

/// Counts pieces by label and nearest centre. Unknown labels count nowhere.
/// @param moods  [features]
/// @throws std::invalid_argument if the two lists differ in length
Agreement agreement_of(const Clusters& clusters, std::span<const Features> features, std::span<const Mood> moods);

/// The name of the nearer centre; sad in a tie.
Mood mood_of(const Clusters& clusters, const Features& features);

struct ClusterOptions {
  bool standardise = true;  ///< false: raw features, in which pitch outweighs the other six
  KMeansOptions k_means = {};
};

struct ClusterFit {
  Clusters clusters;               ///< source is left empty
  std::size_t happy = 0, sad = 0;  ///< pieces nearest to each
  double inertia = 0;              ///< in scaled space
  int iterations = 0;
  bool converged = false;
  bool named_by_labels = false;  ///< otherwise by the rule
  Agreement agreement;           ///< of the pieces fitted
};

/// Fits two centres to pieces and names them.
/// With at least one happy and one sad label, the names are those with the higher balanced agreement (so that an uneven
/// mix of labels does not decide). Without, or when both names agree equally: the cluster whose centre has the smaller
/// sum of mean step and mean duration, in seconds, is happy: happy pieces have shorter steps and durations.
/// Standardising subtracts the mean and divides by the deviation (divisor n) of each feature over the pieces; a feature
/// that is the same in all pieces keeps its unit.
/// @param moods  [features], or empty for no labels
/// @throws std::invalid_argument as k_means does (fewer than two distinct pieces), or for lists of different length
ClusterFit fit_clusters(std::span<const Features> features, std::span<const Mood> moods,
                        const ClusterOptions& options = {});

}  // namespace engine
