#include "app/cluster/picture.h"

#include <cmath>

#include "engine/emotion/naming.h"
#include "io/draw/draw.h"

namespace app {
namespace {

constexpr std::size_t kOfOneKind = 3;  // mean, max and std of the same quantity
constexpr std::array<const char*, engine::kFeatures> kLabels = {"mean step, s",
                                                                "longest step, s",
                                                                "deviation of step, s",
                                                                "mean duration, s",
                                                                "longest duration, s",
                                                                "deviation of duration, s",
                                                                "mean pitch, MIDI number",
                                                                "highest pitch, MIDI number",
                                                                "deviation of pitch, semitones"};

/// A centre in the features' own units.
engine::Features unscaled(const engine::Clusters& clusters, const engine::Features& centre) {
  engine::Features x;
  for (std::size_t k = 0; k < engine::kFeatures; ++k) x[k] = centre[k] * clusters.deviation[k] + clusters.mean[k];
  return x;
}

double deviation(std::span<const engine::Features> pieces, std::size_t k) {
  const double n = static_cast<double>(pieces.size());
  double sum = 0, squares = 0;
  for (const auto& x : pieces) sum += x[k];
  for (const auto& x : pieces) squares += (x[k] - sum / n) * (x[k] - sum / n);
  return std::sqrt(squares / n);
}

}  // namespace

std::array<std::size_t, 2> telling_features(const engine::Clusters& clusters,
                                            std::span<const engine::Features> pieces) {
  const engine::Features happy = unscaled(clusters, clusters.happy), sad = unscaled(clusters, clusters.sad);
  engine::Features apart{};
  for (std::size_t k = 0; k < engine::kFeatures; ++k) {
    const double d = deviation(pieces, k);
    if (d > 0) apart[k] = std::abs(happy[k] - sad[k]) / d;
  }
  std::size_t first = 0;
  for (std::size_t k = 1; k < engine::kFeatures; ++k) {
    if (apart[k] > apart[first]) first = k;
  }
  std::size_t second = first < kOfOneKind ? kOfOneKind : 0;
  for (std::size_t k = 0; k < engine::kFeatures; ++k) {
    if (k / kOfOneKind != first / kOfOneKind && apart[k] > apart[second]) second = k;
  }
  return {first, second};
}

std::string draw_clusters(const engine::Clusters& clusters, std::span<const engine::Features> points,
                          const std::string& unit) {
  const auto [x, y] = telling_features(clusters, points);
  const auto point = [x = x, y = y](const engine::Features& f) { return io::ChartPoint{f[x], f[y]}; };
  io::PointGroup happy{.name = "happy", .points = {}, .centres = {point(unscaled(clusters, clusters.happy))}};
  io::PointGroup sad{.name = "sad", .points = {}, .centres = {point(unscaled(clusters, clusters.sad))}};
  const std::size_t every = (points.size() + kMostPointsDrawn - 1) / kMostPointsDrawn;
  for (std::size_t i = 0; i < points.size(); i += every) {
    (engine::mood_of(clusters, points[i]) == engine::Mood::happy ? happy : sad).points.push_back(point(points[i]));
  }
  const std::size_t drawn = happy.points.size() + sad.points.size();
  return io::draw_scatter({.title = (drawn < points.size() ? std::to_string(drawn) + " of " : "") +
                                    std::to_string(points.size()) + " " + unit + " and their two clusters",
                           .x_label = kLabels[x],
                           .y_label = kLabels[y],
                           .groups = {happy, sad}});
}

}  // namespace app
