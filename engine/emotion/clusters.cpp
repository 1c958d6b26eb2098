#include "engine/emotion/clusters.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/data/error.h"
#include "engine/data/json_depth.h"

namespace engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHappyKey = "+1 (happy)";
constexpr const char* kSadKey = "-1 (sad)";

double distance(const Features& a, const Features& b) {
  double squares = 0;
  for (int k = 0; k < kFeatures; ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(squares);
}

Features read_features(const Json& list, const char* name) {
  if (!list.is_array() || list.size() != kFeatures) {
    throw std::invalid_argument(std::string(name) + " needs " + std::to_string(kFeatures) + " numbers");
  }
  Features features;
  for (int k = 0; k < kFeatures; ++k) {
    features[k] = list[static_cast<std::size_t>(k)].get<double>();
    if (!std::isfinite(features[k]))
      throw std::invalid_argument(std::string(name) + " holds a number that is not finite");
  }
  return features;
}

Clusters read_clusters(const Json& json) {
  Clusters clusters;
  const Json& centroids = json.at("centroids");
  const Json& labels = json.at("index_for_label");
  if (!centroids.is_array() || centroids.size() != 2) throw std::invalid_argument("centroids needs two centres");
  const int happy = labels.at(kHappyKey).get<int>(), sad = labels.at(kSadKey).get<int>();
  if (happy < 0 || happy > 1 || sad != 1 - happy) throw std::invalid_argument("index_for_label must name 0 and 1");
  clusters.happy = read_features(centroids[static_cast<std::size_t>(happy)], "centroids");
  clusters.sad = read_features(centroids[static_cast<std::size_t>(sad)], "centroids");
  if (json.contains("mean")) clusters.mean = read_features(json.at("mean"), "mean");
  if (json.contains("deviation")) clusters.deviation = read_features(json.at("deviation"), "deviation");
  for (const double d : clusters.deviation) {
    if (!(d > 0)) throw std::invalid_argument("deviation must be above 0");
  }
  clusters.source = json.value("source", "");
  return clusters;
}

}  // namespace

ClusterDistances distances(const Clusters& clusters, const Features& features) {
  Features scaled;
  for (int k = 0; k < kFeatures; ++k) scaled[k] = (features[k] - clusters.mean[k]) / clusters.deviation[k];
  return {distance(scaled, clusters.happy), distance(scaled, clusters.sad)};
}

std::string format_clusters(const Clusters& clusters) {
  const Json json = {{"source", clusters.source},
                     {"features", kFeatureNames},
                     {"std", "population (ddof=0)"},
                     {"units", "pitch in MIDI numbers, step and duration in seconds; centroids in scaled space"},
                     {"centroids", {clusters.sad, clusters.happy}},
                     {"index_for_label", {{kHappyKey, 1}, {kSadKey, 0}}},
                     {"mean", clusters.mean},
                     {"deviation", clusters.deviation}};
  return json.dump(1);
}

Clusters parse_clusters(const std::string& text, const std::string& where) {
  try {
    if (text.size() > 1'000'000) throw std::invalid_argument("it is larger than 1 MB");
    require_shallow_json(text);
    return read_clusters(Json::parse(text));
  } catch (const std::exception& e) {
    throw ModelError({"read clusters", where, e.what(), "make them with: affetto cluster --data DIR -o clusters.json"});
  }
}

}  // namespace engine
