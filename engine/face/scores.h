// How well faces are read.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace engine {

struct FaceScores {
  std::size_t pictures = 0;
  double accuracy = 0;           ///< share whose likeliest class is the right one
  double balanced_accuracy = 0;  ///< mean over the classes that occur
  double loss = 0;               ///< cross-entropy of the right class, nats
  double calibration_error = 0;  ///< expected: |confidence - accuracy| in 15 bins of confidence, weighted (Guo 2017)
  std::vector<std::vector<std::size_t>> confusion;  ///< [right][read]
};

/// @param probabilities  [n, classes];  @param labels  [n]
FaceScores face_scores(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes);

/// What being sure is worth.
struct SureScores {
  double share = 0;           ///< of pictures whose likeliest class has at least the threshold
  double accuracy = 0;        ///< of these
  double guess_accuracy = 0;  ///< of the others
};
SureScores sure_scores(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes,
                       double threshold);

/// Happy (+1) against sad (-1), by which of the two is likelier; the others say nothing.
struct SignScores {
  std::size_t pictures = 0;
  double accuracy = 0, balanced_accuracy = 0;
};
/// @param signs  [n] +1, -1, or 0: neither
SignScores sign_scores(std::span<const double> probabilities, std::span<const int> signs,
                       const std::vector<std::string>& classes);

/// The temperature that makes these probabilities' cross-entropy least, relative to the one they were made with.
double best_temperature(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes);

}  // namespace engine
