// Clusters as a picture.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "engine/emotion/clusters.h"

namespace app {

/// The two features that a scatter shows: the one in which the centres lie farthest apart, in deviations of the pieces,
/// then the farthest of the other two kinds (step, duration, pitch), since features of one kind move together.
std::array<std::size_t, 2> telling_features(const engine::Clusters& clusters, std::span<const engine::Features> pieces);

/// Points drawn at most; of more, every n-th.
inline constexpr std::size_t kMostPointsDrawn = 5000;

/// An SVG: the points by their nearer centre, and the two centres, in seconds and MIDI numbers.
/// @param unit  what a point is, in the plural: "pieces"
std::string draw_clusters(const engine::Clusters& clusters, std::span<const engine::Features> points,
                          const std::string& unit);

}  // namespace app
