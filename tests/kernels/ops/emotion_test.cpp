// Features, distances, scores and the blend against their definitions, for windows empty, short and full.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/ops/emotion.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/generate/host_network.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kWindow = 5;
// consumed notes: none, fewer than the window, just as many, many more
constexpr int kConsumed[] = {0, 2, 5, 13, 1};
constexpr int kRows = 5;

class Emotion : public DeviceCases<int> {
 public:
  int candidates() const { return param(); }
  std::size_t lists() const { return kRows * static_cast<std::size_t>(candidates()); }

  /// Windows of random notes; the last row's are all alike.
  std::vector<Played> windows() const {
    std::vector<Played> all = random_notes(kRows * kWindow, candidates(), 7);
    std::fill(all.end() - kWindow, all.end(), Played{0.25f, 0.5f, candidates() / 2});
    return all;
  }
  std::vector<Progress> progress() const {
    std::vector<Progress> all;
    for (const int consumed : kConsumed) all.push_back({.consumed = consumed});
    return all;
  }
  std::vector<VoiceView> voices() const {
    std::vector<VoiceView> all;
    for (int i = 0; i < kRows; ++i) all.push_back(voice(i + 1));
    return all;
  }
};

TEST_P(Emotion, FeaturesAreThoseOfTheDefinition) {
  std::vector<Played> windows = this->windows();
  std::vector<Progress> progress = this->progress();
  const std::vector<float> predicted = {0, 0.5f, 1, 0, 0.25f, 0.75f, 2, 0.125f, 0.25f, 0.5f};
  std::vector<float> want(9 * lists(), NAN);
  WindowFeatures op{
      .window = kWindow, .candidates = candidates(), .predicted = predicted.data(), .features = want.data()};
  op.pieces = {.progress = progress.data(), .window = windows.data(), .rows = kRows};
  window_mean_ref(op);
  window_highest_ref(op);
  window_deviation_ref(op);

  const auto windows_there = uploaded(stream(), windows);
  const auto progress_there = uploaded(stream(), progress);
  const auto predicted_there = uploaded(stream(), predicted);
  const auto features = poisoned<float>(stream(), 9 * lists());
  op = {
      .window = kWindow, .candidates = candidates(), .predicted = predicted_there.data(), .features = features.data()};
  op.pieces = {.progress = progress_there.data(), .window = windows_there.data(), .rows = kRows};
  window_mean(op, stream());
  window_highest(op, stream());
  window_deviation(op, stream());
  // Six values below 2 are added with a rounding each, and whole pitches exactly; then one division. A deviation errs
  // by no more than the mean it is taken from, and by its own four roundings.
  const double highest = std::max(12.0, static_cast<double>(candidates()));
  EXPECT_TRUE(close(features.to_host(), want, {.abs = 2 * highest * 0x1p-24, .rel = 4 * 0x1p-24}));
}

TEST_P(Emotion, DistancesAndScoresAreThoseOfTheDefinition) {
  const std::vector<float> features = [&] {
    std::vector<float> all = normals(9 * lists(), 1, 3);
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = std::fabs(all[i]) * (i % 9 >= 6 ? static_cast<float>(candidates()) / 2 : 1);
    return all;
  }();
  const std::vector<VoiceView> voices = this->voices();
  std::vector<float> distances(2 * lists()), scores(lists());
  ClusterDistances distance{features.data(), random_clusters(candidates()), distances.data(), kRows, candidates()};
  cluster_distances_ref(distance);
  score_emotion_ref({distances.data(), voices.data(), scores.data(), kRows, candidates()});

  const auto features_there = uploaded(stream(), features);
  const auto voices_there = uploaded(stream(), voices);
  const auto distances_there = poisoned<float>(stream(), 2 * lists()),
             scores_there = poisoned<float>(stream(), lists());
  distance.features = features_there.data();
  distance.distances = distances_there.data();
  cluster_distances(distance, stream());
  score_emotion({distances_there.data(), voices_there.data(), scores_there.data(), kRows, candidates()}, stream());
  // Scaled features, of size up to 20, are rounded three times; nine of their squares make a distance of which each is
  // at most a part. The sum and the root add six roundings.
  EXPECT_TRUE(close(distances_there.to_host(), distances, {.abs = 3 * 3 * 20 * 0x1p-24, .rel = 6 * 0x1p-24}));
  // A score's slope is at most 1/4, and the distances' errors add up; its own formula rounds four times.
  EXPECT_TRUE(close(scores_there.to_host(), scores, {.abs = (2 * 3 * 3 * 20 / 4 + 40) * 0x1p-24, .rel = 0}));
}

TEST_P(Emotion, TheBlendLeavesTheScoreOutWhereTheEncloserIs) {
  const int stride = candidates() + 3;
  const std::vector<float> logits = normals(kRows * static_cast<std::size_t>(stride), 3, 4);
  const std::vector<VoiceView> voices = this->voices();
  std::vector<float> scores(lists(), NAN);
  for (std::size_t i = 0; i < lists(); ++i) {
    if (scored(voices[i / static_cast<std::size_t>(candidates())], true)) scores[i] = 0.5f;
  }
  const auto logits_there = uploaded(stream(), logits), scores_there = uploaded(stream(), scores);
  const auto voices_there = uploaded(stream(), voices);
  for (const bool clusters : {true, false}) {
    std::vector<float> want(lists());
    const auto blended = poisoned<float>(stream(), lists());
    blend_logits_ref({logits.data(), stride, scores.data(), voices.data(), want.data(), kRows, candidates(), clusters});
    blend_logits({logits_there.data(), stride, scores_there.data(), voices_there.data(), blended.data(), kRows,
                  candidates(), clusters},
                 stream());
    // Two products below 16 and their sum, each rounded once.
    EXPECT_TRUE(close(blended.to_host(), want, {.abs = 3 * 16 * 0x1p-24, .rel = 0}));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Emotion, testing::Combine(testing::Values(1, 12, 33), testing::ValuesIn(backends(1))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
