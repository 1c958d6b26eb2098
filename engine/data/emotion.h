// An emotion as a point.
#pragma once

namespace engine {

/// Russell's circle: both in [-1, 1].
struct Emotion {
  double valence = 0;  ///< unpleasant to pleasant
  double arousal = 0;  ///< calm to excited
  friend bool operator==(const Emotion&, const Emotion&) = default;
};

}  // namespace engine
