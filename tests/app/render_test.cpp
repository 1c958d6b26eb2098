// A score as events, and events as sound.
#include "app/glue/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>
#include <stdexcept>

#include "app/glue/render_events.h"
#include "engine/data/error.h"
#include "io/errors.h"
#include "tests/app/tiny_soundfont.h"
#include "tests/io/scratch.h"

namespace app {
namespace {

engine::ScoreNote note(double onset, double duration, int pitch = 69, int program = 0, int velocity = 100) {
  return {.onset_s = onset,
          .duration_s = duration,
          .pitch = static_cast<std::uint8_t>(pitch),
          .velocity = static_cast<std::uint8_t>(velocity),
          .program = static_cast<std::uint8_t>(program)};
}

engine::Score score_of(std::vector<engine::ScoreNote> notes, std::vector<engine::ScoreNote> drums = {}) {
  engine::Score score;
  score.notes = std::move(notes);
  score.drums = std::move(drums);
  return score;
}

/// Frames of ups and downs, an up as a negative number.
std::vector<std::int64_t> frames(const engine::Score& score) {
  std::vector<std::int64_t> list;
  for (const RenderEvent& e : render_events(score)) list.push_back(e.on ? e.frame : -e.frame);
  return list;
}

TEST(RenderEvents, TimesBecomeFramesInOrder) {
  EXPECT_EQ(frames(score_of({note(0.5, 1), note(1, 0.25, 70)})),
            (std::vector<std::int64_t>{22050, 44100, -55125, -66150}));
}

TEST(RenderEvents, AtOneFrameKeysGoUpBeforeOthersGoDown) {
  EXPECT_EQ(frames(score_of({note(0, 1), note(1, 1)})), (std::vector<std::int64_t>{0, -44100, 44100, -88200}));
}

TEST(RenderEvents, ANoteOfNoLengthIsDownForOneBlock) {
  EXPECT_EQ(frames(score_of({note(0, 0)})), (std::vector<std::int64_t>{0, -kShortestKey}));
}

TEST(RenderEvents, AKeyTakenOverGoesUpWithTheLaterNote) {
  EXPECT_EQ(frames(score_of({note(0, 2), note(1, 2)})), (std::vector<std::int64_t>{0, 44100, -3 * 44100}));
  // Equal onsets: the longer note comes later in a score and keeps the key.
  EXPECT_EQ(frames(score_of({note(0, 1), note(0, 2)})), (std::vector<std::int64_t>{0, 0, -88200}));
  // Another program is another key.
  EXPECT_EQ(frames(score_of({note(0, 2), note(1, 2, 69, 1)})).size(), 4u);
}

TEST(RenderEvents, EveryProgramHasAChannelOfItsOwnAndNoneIsTheDrums) {
  std::vector<engine::ScoreNote> notes;
  for (int program = 0; program < 128; ++program) notes.push_back(note(0, 1, 60, program));
  std::set<int> channels;
  for (const RenderEvent& e : render_events(score_of(notes, {note(0, 1, 38)}))) {
    EXPECT_GE(e.channel, 0);
    EXPECT_LT(e.channel, kRenderChannels);
    if (e.pitch == 60) channels.insert(e.channel);
    EXPECT_EQ(e.channel == kDrumChannel, e.pitch == 38);
  }
  EXPECT_EQ(channels.size(), 128u);
}

TEST(RenderEvents, ImpossibleTimesAndPiecesTooLongAreRefused) {
  EXPECT_THROW(render_events(score_of({note(-1, 1)})), std::invalid_argument);
  EXPECT_THROW(render_events(score_of({note(0, std::nan(""))})), std::invalid_argument);
  EXPECT_THROW(render_events(score_of({note(std::numeric_limits<double>::infinity(), 1)})), std::invalid_argument);
  EXPECT_THROW(render_events(score_of({note(kMaxRenderSeconds, 1)})), engine::Error);
  EXPECT_THROW(render_events(score_of({note(1e300, 1)})), engine::Error);
  EXPECT_NO_THROW(render_events(score_of({note(kMaxRenderSeconds - 1, 1)})));
}

TEST(Level, OfASquareWaveIsItsHeight) {
  const Level level = level_of({.sample_rate = 2, .channels = 2, .samples = {0.5f, -0.5f, -0.5f, 0.5f}});
  EXPECT_EQ(level.peak, 0.5);
  EXPECT_EQ(level.rms, 0.5);
  EXPECT_EQ(level.seconds, 1);
  EXPECT_NEAR(decibels(0.5), -6.0206, 1e-4);
  EXPECT_EQ(level_of({}).rms, 0);
}

/// With a SoundFont that has one melodic preset and one drum kit.
class Render : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_render()) GTEST_SKIP() << "built without FluidSynth";
    test::write_tiny_soundfont(font(), {{0, 0}, {128, 0}});
  }
  std::filesystem::path font() const { return scratch_ / "tiny.sf2"; }

  test::Scratch scratch_;
};

/// The left channel between two times.
std::vector<float> cut(const engine::Audio& audio, double from, double to) {
  std::vector<float> left;
  for (auto i = static_cast<std::size_t>(from * kRenderRate); i < static_cast<std::size_t>(to * kRenderRate); ++i) {
    left.push_back(audio.samples.at(2 * i));
  }
  return left;
}

float peak(const std::vector<float>& samples) {
  float greatest = 0;
  for (const float s : samples) greatest = std::max(greatest, std::abs(s));
  return greatest;
}

double crossings_per_second(const std::vector<float>& samples) {
  int crossings = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) crossings += samples[i - 1] < 0 && samples[i] >= 0;
  return crossings * static_cast<double>(kRenderRate) / static_cast<double>(samples.size());
}

TEST_F(Render, ANoteSoundsFromItsOnsetAndDiesAwayAfterItsEnd) {
  const engine::Audio audio = Renderer(font()).render(score_of({note(1, 1)}));
  EXPECT_EQ(audio.sample_rate, kRenderRate);
  EXPECT_EQ(audio.channels, 2);
  EXPECT_LT(peak(cut(audio, 0, 0.99)), 1e-4f);
  EXPECT_GT(peak(cut(audio, 1.1, 1.9)), 0.01f);
  EXPECT_GE(audio.samples.size(), 2u * 2 * kRenderRate);
  EXPECT_LE(audio.samples.size(), 2u * 12 * kRenderRate + 2u * 4096);
  EXPECT_LT(std::abs(audio.samples.back()), 1e-4f);
}

TEST_F(Render, PitchIsTheNotes) {
  // Within a second a crossing more or less, and chorus moves them by a few hertz.
  Renderer renderer(font());
  const auto heard = [&](int pitch) {
    return crossings_per_second(cut(renderer.render(score_of({note(0, 2, pitch)})), 0.5, 1.5));
  };
  EXPECT_NEAR(heard(69), test::kSineHz, 6);
  EXPECT_NEAR(heard(57), test::kSineHz / 2, 6);
}

TEST_F(Render, DrumsSound) {
  const engine::Audio audio = Renderer(font()).render(score_of({}, {note(0, 0.5)}));
  EXPECT_GT(peak(cut(audio, 0.1, 0.4)), 0.01f);
}

TEST_F(Render, EveryProgramOfTheSoundFontSoundsAndMissingOnesAreTold) {
  Renderer renderer(font());
  renderer.render(score_of({note(0, 0.1)}, {note(0, 0.1)}));
  EXPECT_TRUE(renderer.warnings().empty());
  const engine::Audio audio = renderer.render(score_of({note(0, 0.5, 69, 40)}));
  ASSERT_EQ(renderer.warnings().size(), 1u);
  EXPECT_NE(renderer.warnings()[0].find("tiny.sf2 has no instrument 40"), std::string::npos);
  EXPECT_GT(peak(cut(audio, 0.1, 0.4)), 0.01f);
}

TEST_F(Render, TheSameScoreGivesTheSameSamplesWhateverWasRenderedBefore) {
  const engine::Score score = score_of({note(0, 0.5), note(0.25, 0.5, 60)}, {note(0.3, 0.1)});
  Renderer renderer(font());
  const engine::Audio first = renderer.render(score);
  renderer.render(score_of({note(0, 1, 40, 3, 127), note(0.1, 2, 90)}));
  EXPECT_EQ(renderer.render(score).samples, first.samples);
  EXPECT_EQ(render_score(score, font()).samples, first.samples);
}

TEST_F(Render, ADenseScoreStaysBelowFullScale) {
  std::vector<engine::ScoreNote> notes;
  for (int pitch = 30; pitch < 100; ++pitch) notes.push_back(note(0, 0.5, pitch, 0, 127));
  const Level level = level_of(Renderer(font()).render(score_of(notes)));
  EXPECT_LE(level.peak, 0.892);
  EXPECT_GE(level.peak, 0.88);  // it was made softer to this, not further
}

TEST_F(Render, AQuietScoreIsNotMadeLouder) {
  Renderer renderer(font());
  const double soft = level_of(renderer.render(score_of({note(0, 0.5, 69, 0, 20)}))).peak;
  const double loud = level_of(renderer.render(score_of({note(0, 0.5, 69, 0, 100)}))).peak;
  EXPECT_LT(soft, 0.5 * loud);
}

TEST_F(Render, AScoreWithoutNotesIsSilent) { EXPECT_LT(level_of(Renderer(font()).render(engine::Score{})).peak, 1e-4); }

TEST_F(Render, ProgressIsToldBySecondsAndMayGiveUp) {
  std::vector<double> told;
  Renderer renderer(font());
  renderer.render(score_of({note(0, 3.5)}), [&](double seconds) { told.push_back(seconds); });
  EXPECT_EQ(told, (std::vector<double>{1, 2, 3}));
  EXPECT_THROW(renderer.render(score_of({note(0, 3.5)}), [](double) { throw std::runtime_error("enough"); }),
               std::runtime_error);
}

void expect_refused(const std::filesystem::path& file, const char* why) {
  try {
    Renderer renderer(file);
    FAIL() << "no error";
  } catch (const io::FormatError& error) {
    EXPECT_EQ(error.problem().where, file.string());
    EXPECT_NE(error.problem().why.find(why), std::string::npos) << error.problem().why;
    EXPECT_NE(error.problem().hint.find("timgm6mb-soundfont"), std::string::npos);
  }
}

TEST_F(Render, ASoundFontThatIsNoneIsRefusedByName) {
  expect_refused(scratch_ / "absent.sf2", "does not exist");
  expect_refused(scratch_.folder(), "not a file");
  std::ofstream(scratch_ / "text.sf2") << "no font at all";
  expect_refused(scratch_ / "text.sf2", "not a SoundFont");
  std::filesystem::resize_file(font(), 200);
  expect_refused(font(), "cut off");
}

TEST(RenderAbsent, WithoutASynthesiserTheErrorNamesThePackage) {
  if (can_render()) GTEST_SKIP() << "built with FluidSynth";
  try {
    Renderer renderer("any.sf2");
    FAIL() << "no error";
  } catch (const engine::Error& error) {
    EXPECT_NE(error.problem().hint.find("libfluidsynth-dev"), std::string::npos);
  }
}

}  // namespace
}  // namespace app
