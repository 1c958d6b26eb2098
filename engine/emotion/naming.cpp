#include "engine/emotion/naming.h"

#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace engine {
namespace {

// Places in Features of the two that the rule reads.
constexpr std::size_t kMeanStep = 0, kMeanDuration = 3;

/// Mean and deviation of each feature over the pieces, in two passes.
void measure(std::span<const Features> features, Clusters& clusters) {
  const double n = static_cast<double>(features.size());
  for (std::size_t k = 0; k < kFeatures; ++k) {
    double sum = 0, squares = 0;
    for (const Features& x : features) sum += x[k];
    clusters.mean[k] = sum / n;
    for (const Features& x : features) squares += (x[k] - clusters.mean[k]) * (x[k] - clusters.mean[k]);
    const double deviation = std::sqrt(squares / n);
    clusters.deviation[k] = deviation > 0 ? deviation : 1.0;
  }
}

double pace(const Clusters& clusters, const Features& centre) {
  const auto seconds = [&](std::size_t k) { return centre[k] * clusters.deviation[k] + clusters.mean[k]; };
  return seconds(kMeanStep) + seconds(kMeanDuration);
}

/// Exchanges the names where labels, or else the rule, say so.
void name_clusters(ClusterFit& fit, std::span<const Features> features, std::span<const Mood> moods) {
  Clusters& clusters = fit.clusters;
  bool exchange = pace(clusters, clusters.happy) > pace(clusters, clusters.sad);
  if (!moods.empty()) {
    const double balanced = agreement_of(clusters, features, moods).balanced();
    Clusters other = clusters;
    std::swap(other.happy, other.sad);
    const double reversed = agreement_of(other, features, moods).balanced();
    fit.named_by_labels = balanced != reversed;
    if (fit.named_by_labels) exchange = reversed > balanced;
  }
  if (exchange) std::swap(clusters.happy, clusters.sad);
}

}  // namespace

double Agreement::share() const {
  return labelled() == 0 ? 0.0 : static_cast<double>(happy_in_happy + sad_in_sad) / static_cast<double>(labelled());
}

double Agreement::balanced() const {
  const double happy = static_cast<double>(happy_in_happy + happy_in_sad);
  const double sad = static_cast<double>(sad_in_happy + sad_in_sad);
  if (happy == 0 || sad == 0) return 0;
  return 0.5 * (static_cast<double>(happy_in_happy) / happy + static_cast<double>(sad_in_sad) / sad);
}

Mood mood_of(const Clusters& clusters, const Features& features) {
  const ClusterDistances d = distances(clusters, features);
  return d.happy < d.sad ? Mood::happy : Mood::sad;
}

Agreement agreement_of(const Clusters& clusters, std::span<const Features> features, std::span<const Mood> moods) {
  if (features.size() != moods.size()) {
    throw std::invalid_argument("agreement_of: " + std::to_string(features.size()) + " pieces, " +
                                std::to_string(moods.size()) + " labels");
  }
  Agreement agreement;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (moods[i] == Mood::unknown) continue;
    const bool happy = mood_of(clusters, features[i]) == Mood::happy;
    if (moods[i] == Mood::happy) ++(happy ? agreement.happy_in_happy : agreement.happy_in_sad);
    if (moods[i] == Mood::sad) ++(happy ? agreement.sad_in_happy : agreement.sad_in_sad);
  }
  return agreement;
}

ClusterFit fit_clusters(std::span<const Features> features, std::span<const Mood> moods,
                        const ClusterOptions& options) {
  if (!moods.empty() && moods.size() != features.size()) {
    throw std::invalid_argument("fit_clusters: " + std::to_string(features.size()) + " pieces, " +
                                std::to_string(moods.size()) + " labels");
  }
  ClusterFit fit;
  if (options.standardise && !features.empty()) measure(features, fit.clusters);
  std::vector<Features> points(features.begin(), features.end());
  for (Features& point : points) {
    for (std::size_t k = 0; k < kFeatures; ++k) {
      point[k] = (point[k] - fit.clusters.mean[k]) / fit.clusters.deviation[k];
    }
  }
  const KMeansFit fitted = k_means(points, 2, options.k_means);
  fit.clusters.happy = fitted.centres[0];
  fit.clusters.sad = fitted.centres[1];
  fit.inertia = fitted.inertia;
  fit.iterations = fitted.iterations;
  fit.converged = fitted.converged;
  name_clusters(fit, features, moods);
  for (const Features& x : features) ++(mood_of(fit.clusters, x) == Mood::happy ? fit.happy : fit.sad);
  if (!moods.empty()) fit.agreement = agreement_of(fit.clusters, features, moods);
  return fit;
}

}  // namespace engine
