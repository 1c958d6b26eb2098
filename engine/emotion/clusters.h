// Two cluster centres, sad and happy, in the space of the nine features.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/emotion/features.h"

namespace engine {

struct Clusters {
  Features happy{}, sad{};                           ///< centres in scaled space: (x - mean) / deviation
  Features mean{};                                   ///< 0 where the features are raw
  Features deviation = {1, 1, 1, 1, 1, 1, 1, 1, 1};  ///< > 0; 1 where the features are raw
  std::string source;                                ///< on what they were fitted, free text
  friend bool operator==(const Clusters&, const Clusters&) = default;
};

struct ClusterDistances {
  double happy = 0, sad = 0;  ///< Euclidean, in scaled space
};
ClusterDistances distances(const Clusters& clusters, const Features& features);

/// JSON with the keys of the seed's converted centres (`centroids`, `index_for_label`), plus `mean` and `deviation`.
std::string format_clusters(const Clusters& clusters);
/// @throws ModelError naming `where` for text that is no such JSON, wrong lengths, values not finite, deviation <= 0
Clusters parse_clusters(const std::string& json, const std::string& where);

}  // namespace engine
