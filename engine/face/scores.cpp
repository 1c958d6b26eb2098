#include "engine/face/scores.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace engine {
namespace {

/// Below this a probability counts as this: one wrong certainty must not make the mean infinite.
constexpr double kLeast = 1e-12;
constexpr std::size_t kBins = 15;

double balanced(const std::vector<std::vector<std::size_t>>& confusion) {
  double sum = 0;
  std::size_t present = 0;
  for (std::size_t k = 0; k < confusion.size(); ++k) {
    std::size_t all = 0;
    for (const std::size_t n : confusion[k]) all += n;
    if (all == 0) continue;
    sum += static_cast<double>(confusion[k][k]) / static_cast<double>(all);
    ++present;
  }
  return present > 0 ? sum / static_cast<double>(present) : 0;
}

/// Mean cross-entropy with logits divided by `temperature`.
double loss_at(double temperature, std::span<const double> probabilities, std::span<const int> labels,
               std::size_t classes) {
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    double total = 0;
    const auto row = probabilities.subspan(i * classes, classes);
    for (const double p : row) total += std::pow(std::max(p, kLeast), 1 / temperature);
    loss += std::log(total) - std::log(std::max(row[static_cast<std::size_t>(labels[i])], kLeast)) / temperature;
  }
  return loss / static_cast<double>(labels.size());
}

std::size_t place_of(const std::vector<std::string>& classes, const char* name) {
  const auto at = std::find(classes.begin(), classes.end(), name);
  if (at == classes.end()) throw std::invalid_argument(std::string("the network has no class ") + name);
  return static_cast<std::size_t>(at - classes.begin());
}

}  // namespace

FaceScores face_scores(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes) {
  FaceScores scores;
  scores.pictures = labels.size();
  scores.confusion.assign(classes, std::vector<std::size_t>(classes, 0));
  double confidence[kBins] = {}, right[kBins] = {};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = probabilities.subspan(i * classes, classes);
    const auto read = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    const auto label = static_cast<std::size_t>(labels[i]);
    ++scores.confusion[label][read];
    scores.accuracy += read == label;
    scores.loss -= std::log(std::max(row[label], kLeast));
    const std::size_t bin = std::min(static_cast<std::size_t>(row[read] * kBins), kBins - 1);
    confidence[bin] += row[read], right[bin] += read == label;
  }
  const double count = std::max(static_cast<double>(labels.size()), 1.0);
  scores.accuracy /= count, scores.loss /= count;
  scores.balanced_accuracy = balanced(scores.confusion);
  for (std::size_t b = 0; b < kBins; ++b) scores.calibration_error += std::abs(confidence[b] - right[b]) / count;
  return scores;
}

SureScores sure_scores(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes,
                       double threshold) {
  std::size_t count[2] = {}, right[2] = {};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = probabilities.subspan(i * classes, classes);
    const auto likeliest = std::max_element(row.begin(), row.end());
    const bool sure = *likeliest >= threshold;
    ++count[sure];
    right[sure] += likeliest - row.begin() == labels[i];
  }
  const auto share = [](std::size_t part, std::size_t all) {
    return static_cast<double>(part) / std::max(static_cast<double>(all), 1.0);
  };
  return {share(count[1], labels.size()), share(right[1], count[1]), share(right[0], count[0])};
}

SignScores sign_scores(std::span<const double> probabilities, std::span<const int> signs,
                       const std::vector<std::string>& classes) {
  const std::size_t happy = place_of(classes, "happy"), sad = place_of(classes, "sad");
  std::vector<std::vector<std::size_t>> confusion(2, std::vector<std::size_t>(2, 0));
  SignScores scores;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (signs[i] == 0) continue;
    const double* row = probabilities.data() + i * classes.size();
    const bool read_happy = row[happy] >= row[sad];
    ++confusion[signs[i] > 0][read_happy];
    ++scores.pictures;
    scores.accuracy += read_happy == (signs[i] > 0);
  }
  scores.accuracy /= std::max(static_cast<double>(scores.pictures), 1.0);
  scores.balanced_accuracy = balanced(confusion);
  return scores;
}

double best_temperature(std::span<const double> probabilities, std::span<const int> labels, std::size_t classes) {
  // The loss has one minimum in 1 / temperature (it is convex there): a golden section over three decades, to 0.1 %.
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(0.05), high = std::log(20.0);
  const auto loss = [&](double log_t) { return loss_at(std::exp(log_t), probabilities, labels, classes); };
  double a = high - ratio * (high - low), b = low + ratio * (high - low), at_a = loss(a), at_b = loss(b);
  while (high - low > 1e-3) {
    if (at_a < at_b) {
      high = b, b = a, at_b = at_a, a = high - ratio * (high - low), at_a = loss(a);
    } else {
      low = a, a = b, at_a = at_b, b = low + ratio * (high - low), at_b = loss(b);
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace engine
