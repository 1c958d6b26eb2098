// What a prediction costs, for one note (semantics.md, "Losses"), and the sums that evaluate reports.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/note.h"
#include "engine/generate/predictor.h"

namespace engine {

/// Weight of the penalty for a step or duration predicted below zero.
inline constexpr double kNegativePenaltyWeight = 10;

/// Loss of one step or duration: (y - y_hat)^2 + 10 max(-y_hat, 0).
/// @param y, y_hat  target and prediction in seconds, the latter after the head's activation and before any clamp
inline double non_negative_loss(double y, double y_hat) {
  return (y - y_hat) * (y - y_hat) + kNegativePenaltyWeight * std::max(-y_hat, 0.0);
}

/// Cross-entropy of one note in nats: log(sum exp logits) - logits[target], in double without overflow.
/// @param target  in [0, logits.size())
/// @throws std::invalid_argument for a target outside
double cross_entropy(std::span<const float> logits, std::size_t target);

/// Index of the greatest logit, the lowest in a tie. @param logits  not empty
std::size_t most_probable(std::span<const float> logits);

/// Entropy in nats of the distribution that these counts are; 0 for no counts.
double entropy(std::span<const std::uint64_t> counts);

/// Losses over targets, summed in double in the order of add().
class LossSums {
 public:
  /// Adds every target of one piece: notes W..N-1, where N = notes.size() and N - W = predictions.step.size().
  /// @throws std::invalid_argument if predictions do not fit the notes, or a pitch has no logit
  void add(std::span<const Note> notes, const Predictions& predictions);

  std::uint64_t windows() const { return windows_; }
  // Means over all targets; 0 where there is none.
  double pitch_nll() const { return mean(pitch_nll_); }                          ///< nats
  double pitch_accuracy() const { return mean(static_cast<double>(correct_)); }  ///< share of top-1 hits
  double step_loss() const { return mean(step_); }                               ///< seconds squared
  double duration_loss() const { return mean(duration_); }                       ///< seconds squared
  /// Entropy in nats of the targets' pitches: what a model scores that knows only how frequent each pitch is.
  double unigram_entropy() const { return entropy(pitches_); }

 private:
  double mean(double sum) const { return windows_ ? sum / static_cast<double>(windows_) : 0.0; }

  std::uint64_t windows_ = 0, correct_ = 0;
  double pitch_nll_ = 0, step_ = 0, duration_ = 0;
  std::vector<std::uint64_t> pitches_;
};

}  // namespace engine
