// The gate of free runs: what it lets pass, what it stops, and what it is fed.
#include "bench/generation/distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

using engine::Note;

/// One note of each of 20,000 pieces, by unrelated draws; `field` of them is bent by a tenth.
enum class Bent { nothing, pitch, step, duration };
NoteSample drawn(std::uint64_t first, Bent field) {
  const std::vector<float> u = unrelated_draws(3 * 20'000, first);
  std::vector<Note> notes;
  for (std::size_t i = 0; i < u.size(); i += 3) {
    const float bend = field == Bent::nothing ? 0.0f : 0.1f;
    const auto bent = [&](float x, Bent which) { return which == field ? std::pow(x, 1 + bend) : x; };
    notes.push_back({.step_s = bent(u[i], Bent::step),
                     .duration_s = bent(u[i + 1], Bent::duration),
                     .pitch = static_cast<std::uint8_t>(128 * bent(u[i + 2], Bent::pitch))});
  }
  NoteSample sample;
  sample.add(notes);
  return sample;
}

TEST(FreeRunGate, PassesTwoSamplesOfOneDistribution) {
  EXPECT_NO_THROW(check_distribution("same", drawn(0, Bent::nothing), drawn(1, Bent::nothing)));
}

TEST(FreeRunGate, StopsADifferenceInAnyField) {
  for (const Bent field : {Bent::pitch, Bent::step, Bent::duration}) {
    EXPECT_THROW(check_distribution("bent", drawn(0, Bent::nothing), drawn(1, field)), std::runtime_error);
    EXPECT_THROW(check_distribution("bent", drawn(0, field), drawn(1, Bent::nothing)), std::runtime_error);
  }
}

TEST(FreeRunGate, TakesEachPieceOnce) {
  std::vector<std::uint64_t> asked;
  const NoteSample sample = sample_of(12, 4, [&](std::uint64_t first) {
    asked.push_back(first);
    return std::vector<Note>(4, Note{.step_s = 1, .duration_s = 2, .pitch = 60});
  });
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{0, 4, 8}));
  EXPECT_EQ(sample.pitches[60], 12);
  EXPECT_EQ(sample.steps, std::vector<float>(12, 1));
  EXPECT_EQ(sample.durations, std::vector<float>(12, 2));
}

TEST(UnrelatedDraws, LieBetweenZeroAndOneAndRepeat) {
  const std::vector<float> u = unrelated_draws(200'000, 3);
  for (const float draw : u) {
    ASSERT_TRUE(draw > 0 && draw < 1);
    ASSERT_EQ(std::fmod(draw * 16777216.0f, 2.0f), 1) << "the middle of one of 2^23 equal parts, so never an end";
  }
  EXPECT_EQ(unrelated_draws(200'000, 3), u);
  EXPECT_NE(unrelated_draws(200'000, 4), u);
}

}  // namespace
}  // namespace bench
