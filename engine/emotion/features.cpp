#include "engine/emotion/features.h"

#include <algorithm>
#include <cmath>

namespace engine {
namespace {

/// Writes mean, max and std of value(note) to out[0..2]; two passes, so that equal values give a std of exactly 0.
template <typename Value>
void summarise(std::span<const Note> notes, Value value, double* out) {
  const double n = static_cast<double>(notes.size());
  double sum = 0, greatest = value(notes[0]);
  for (const Note& note : notes) {
    sum += value(note);
    greatest = std::max<double>(greatest, value(note));
  }
  const double mean = sum / n;
  double squares = 0;
  for (const Note& note : notes) squares += (value(note) - mean) * (value(note) - mean);
  out[0] = mean;
  out[1] = greatest;
  out[2] = std::sqrt(squares / n);
}

}  // namespace

Features features_of(std::span<const Note> notes) {
  Features features{};
  if (notes.empty()) return features;
  summarise(
      notes, [](const Note& n) { return static_cast<double>(n.step_s); }, &features[0]);
  summarise(
      notes, [](const Note& n) { return static_cast<double>(n.duration_s); }, &features[3]);
  summarise(
      notes, [](const Note& n) { return static_cast<double>(n.pitch); }, &features[6]);
  return features;
}

}  // namespace engine
