#include "engine/model/losses.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace engine {

double cross_entropy(std::span<const float> logits, std::size_t target) {
  if (target >= logits.size()) {
    throw std::invalid_argument("cross_entropy: target " + std::to_string(target) + " of " +
                                std::to_string(logits.size()) + " classes");
  }
  const double greatest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - greatest);
  return greatest + std::log(sum) - logits[target];
}

std::size_t most_probable(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

double entropy(std::span<const std::uint64_t> counts) {
  double total = 0, sum = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  for (const std::uint64_t count : counts) {
    const double p = static_cast<double>(count) / total;
    if (count != 0) sum -= p * std::log(p);
  }
  return sum;
}

void LossSums::add(std::span<const Note> notes, const Predictions& predictions) {
  const std::size_t n = predictions.step.size();
  if (n > notes.size() || predictions.duration.size() != n) {
    throw std::invalid_argument("LossSums: " + std::to_string(n) + " steps and " +
                                std::to_string(predictions.duration.size()) + " durations predicted for " +
                                std::to_string(notes.size()) + " notes");
  }
  if (n == 0) return;
  const std::size_t classes = predictions.pitch_logits.size() / n;
  if (classes == 0 || classes * n != predictions.pitch_logits.size()) {
    throw std::invalid_argument("LossSums: " + std::to_string(predictions.pitch_logits.size()) + " logits for " +
                                std::to_string(n) + " notes");
  }
  pitches_.resize(std::max(pitches_.size(), classes));
  for (std::size_t i = 0; i < n; ++i) {
    const Note& target = notes[notes.size() - n + i];
    const auto logits = std::span(predictions.pitch_logits).subspan(i * classes, classes);
    pitch_nll_ += cross_entropy(logits, target.pitch);
    correct_ += most_probable(logits) == target.pitch;
    step_ += non_negative_loss(target.step_s, predictions.step[i]);
    duration_ += non_negative_loss(target.duration_s, predictions.duration[i]);
    ++pitches_[target.pitch];
    ++windows_;
  }
}

}  // namespace engine
