#include "engine/face/mirror.h"

#include <algorithm>
#include <vector>

namespace engine {
namespace {

/// Pictures that are mirrored at once: what a GPU takes in one go, and 9 MB at most of the preset's.
constexpr std::size_t kAtOnce = 1024;

}  // namespace

void classify_both_ways(FaceClassifier& classifier, std::span<const float> pictures, std::span<double> probabilities) {
  const FaceSpec& spec = classifier.spec();
  const auto side = static_cast<std::size_t>(spec.side);
  const std::size_t pixels = side * side, classes = spec.classes.size();
  const std::size_t count = count_pictures(spec, pictures.size(), probabilities.size(), "classify_both_ways");
  std::vector<float> both;
  std::vector<double> read;
  for (std::size_t first = 0; first < count; first += kAtOnce) {
    const std::size_t n = std::min(kAtOnce, count - first);
    const auto as_they_are = pictures.subspan(first * pixels, n * pixels);
    both.resize(2 * n * pixels), read.resize(2 * n * classes);
    std::ranges::copy(as_they_are, both.begin());
    for (std::size_t row = 0; row < n * side; ++row) {
      std::ranges::reverse_copy(as_they_are.subspan(row * side, side),
                                both.begin() + static_cast<std::ptrdiff_t>((n * side + row) * side));
    }
    classifier.classify(both, read);
    for (std::size_t i = 0; i < n * classes; ++i)
      probabilities[first * classes + i] = (read[i] + read[n * classes + i]) / 2;
  }
}

}  // namespace engine
