// A device that reads: the network's outputs for every note of given pieces.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/data/note.h"

namespace engine {

/// Raw outputs (after the head's activation, before any clamp) for the targets of one piece of N notes: notes W..N-1.
struct Predictions {
  std::vector<float> pitch_logits;  ///< [n, candidates]
  std::vector<float> step;          ///< [n] seconds
  std::vector<float> duration;      ///< [n] seconds
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  /// Teacher-forced outputs of each piece. Pieces shorter than W + 1 notes give empty predictions.
  /// @param sink  called once a piece with its index, in rising order, on the calling thread
  virtual void predict(std::span<const std::vector<Note>> pieces,
                       const std::function<void(std::size_t, const Predictions&)>& sink) = 0;
};

}  // namespace engine
