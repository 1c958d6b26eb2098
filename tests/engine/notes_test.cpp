#include "engine/data/notes.h"

#include <gtest/gtest.h>

#include "engine/data/instruments.h"
#include "engine/emotion/features.h"
#include "engine/emotion/names.h"
#include "kernels/math/philox.h"

namespace engine {
namespace {

Score two_tracks() {
  Score score;
  score.notes = {{.onset_s = 1.0, .duration_s = 0.5, .pitch = 60, .velocity = 80, .program = 3, .track = 1},
                 {.onset_s = 1.5, .duration_s = 0.25, .pitch = 64, .velocity = 90, .program = 40, .track = 2},
                 {.onset_s = 1.5, .duration_s = 1.0, .pitch = 67, .velocity = 70, .program = 3, .track = 1}};
  return score;
}

TEST(Notes, TheFirstStepIsZeroAndLaterOnesAreOnsetDifferences) {
  const auto notes = to_notes(two_tracks());
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0].step_s, 0.0f);
  EXPECT_EQ(notes[1].step_s, 0.5f);
  EXPECT_EQ(notes[2].step_s, 0.0f);
  EXPECT_EQ(notes[1].program, 40);
}

TEST(Notes, ATrackAloneCountsItsOwnSteps) {
  const auto notes = to_notes(two_tracks(), 2);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].step_s, 0.0f);
  EXPECT_EQ(notes[0].pitch, 64);
}

TEST(Notes, PlacingASequenceAddsUpItsSteps) {
  const auto placed = to_score_notes(to_notes(two_tracks()), 2.0);
  ASSERT_EQ(placed.size(), 3u);
  EXPECT_DOUBLE_EQ(placed[0].onset_s, 2.0);
  EXPECT_DOUBLE_EQ(placed[2].onset_s, 2.5);
  EXPECT_EQ(placed[2].velocity, 70);
}

TEST(Features, MeanMaxAndPopulationDeviationOfEachField) {
  const std::vector<Note> notes = {{.step_s = 0, .duration_s = 1, .pitch = 60},
                                   {.step_s = 2, .duration_s = 1, .pitch = 64}};
  const Features f = features_of(notes);
  const Features expected = {1, 2, 1, 1, 1, 0, 62, 64, 2};
  for (int k = 0; k < kFeatures; ++k) EXPECT_DOUBLE_EQ(f[k], expected[k]) << kFeatureNames[k];
}

TEST(Emotions, NamesQuadrantsAndPointsAreRead) {
  EXPECT_EQ(parse_emotion("Happy"), (Emotion{1, 1}));
  EXPECT_EQ(parse_emotion("q3"), (Emotion{-1, -1}));
  EXPECT_EQ(parse_emotion("0.5,-1"), (Emotion{0.5, -1}));
  EXPECT_EQ(name_of({0.1, -0.9}), "calm");
  EXPECT_EQ(name_of({0, 1}), "neutral");
}

TEST(Emotions, NonsenseIsRefused) {
  for (const char* text : {"", "joyful", "2,0", "0", "0,", ",1", "nan,0", "1,1,1", "0x1,0"}) {
    EXPECT_FALSE(parse_emotion(text)) << text;
  }
}

TEST(Instruments, NumbersAndPartsOfNamesAreFound) {
  EXPECT_EQ(find_instrument("violin"), 40);
  EXPECT_EQ(find_instrument("Piano"), 0);
  EXPECT_EQ(find_instrument("127"), 127);
  EXPECT_EQ(find_instrument("flute"), 73);
  EXPECT_FALSE(find_instrument("128"));
  EXPECT_FALSE(find_instrument("kazoo"));
  EXPECT_FALSE(find_instrument(""));
}

// The three vectors published with Random123 (kat_vectors: philox 4x32, 10 rounds).
TEST(Philox, PublishedVectorsAreReproduced) {
  struct Case {
    std::uint32_t counter[4], key[2], expected[4];
  };
  const Case cases[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Case& c : cases) {
    const auto got =
        kernels::philox4x32({{c.counter[0], c.counter[1], c.counter[2], c.counter[3]}}, c.key[0], c.key[1]);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(got.w[i], c.expected[i]);
  }
}

TEST(Philox, UniformIsNeverZeroOrOne) {
  EXPECT_GT(kernels::uniform(0), 0.0);
  EXPECT_LT(kernels::uniform(0xffffffffu), 1.0);
}

}  // namespace
}  // namespace engine
