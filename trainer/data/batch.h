// One batch of examples, as every implementation of the network reads it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/model/spec.h"

namespace trainer {

/// B sequences of T notes and what follows each note; element (t, b) stands at t * batch + b.
struct Batch {
  int steps = 0, batch = 0;                   ///< T, B >= 1
  std::array<std::vector<float>, 3> inputs;   ///< [T, B] by Field: pitch as a MIDI number, step and duration in seconds
  std::array<std::vector<float>, 3> targets;  ///< [T, B] by Field: the note after inputs (t, b)
  std::vector<float> mask;                    ///< [T, B] 1 where the prediction counts, 0 where not
  int first_loss_step = 0;                    ///< the mask is 0 at every t below
  std::uint64_t seed = 0, iteration = 0;      ///< of this batch's dropout masks
  std::size_t size() const { return static_cast<std::size_t>(steps) * static_cast<std::size_t>(batch); }
};

inline constexpr std::size_t field_index(engine::Field field) { return static_cast<std::size_t>(field); }

}  // namespace trainer
