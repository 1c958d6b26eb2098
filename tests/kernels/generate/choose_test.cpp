// Choosing a note: the kernels against their definition in double, and against the CPU's chooser.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <numeric>
#include <vector>

#include "kernels/generate/choose.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/generate/choose_case.h"
#include "tests/kernels/generate/cpu_choice.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kRows = 6;  // off the tile of four pieces a block

VoiceView voice(float alpha, float beta, int label) { return {.alpha = alpha, .beta = beta, .label = label}; }

VoiceView with(VoiceView v, void (*change)(VoiceView&)) {
  change(v);
  return v;
}

const VoiceView kHappy = voice(0.5f, 1.0f, 1), kSad = voice(1.5f, 0.7f, -1), kNeutral = voice(0.5f, 1.0f, 0);

const ChooseCase kCases[] = {
    {.name = "one candidate", .candidates = 1, .voice = kHappy},
    {.name = "no score", .candidates = 12, .voice = kNeutral},
    {.name = "no window yet", .candidates = 33, .window = 5, .consumed = 0, .voice = kHappy},
    {.name = "window not full", .candidates = 33, .window = 40, .consumed = 35, .voice = kSad},
    {.name = "seed's size", .candidates = 128, .window = 25, .consumed = 1000, .voice = kHappy},
    {.name = "equal notes", .candidates = 128, .window = 25, .consumed = 25, .voice = kSad, .equal_notes = true},
    {.name = "one note", .candidates = 12, .window = 3, .consumed = 1, .voice = kHappy, .equal_notes = true},
    {.name = "long window", .candidates = 128, .window = 130, .consumed = 131, .voice = kSad},
    {.name = "many candidates", .candidates = 500, .voice = kHappy},
    {.name = "most candidates", .candidates = 4096, .window = 3, .voice = kSad},
    {.name = "greedy", .candidates = 33, .voice = with(kHappy, [](VoiceView& v) { v.greedy = 1; })},
    {.name = "greedy among equals",
     .candidates = 128,
     .voice = with(kNeutral, [](VoiceView& v) { v.greedy = 1; }),
     .spread = 0},
    {.name = "gumbel", .candidates = 128, .voice = with(kHappy, [](VoiceView& v) { v.gumbel = 1; })},
    {.name = "gumbel after a cut",
     .candidates = 500,
     .voice = with(kSad, [](VoiceView& v) { v.gumbel = 1, v.top_k = 3; })},
    {.name = "top-k", .candidates = 128, .voice = with(kHappy, [](VoiceView& v) { v.top_k = 5; })},
    {.name = "top-1", .candidates = 33, .voice = with(kHappy, [](VoiceView& v) { v.top_k = 1; })},
    {.name = "top-k beyond all", .candidates = 12, .voice = with(kHappy, [](VoiceView& v) { v.top_k = 13; })},
    {.name = "top-p", .candidates = 128, .voice = with(kSad, [](VoiceView& v) { v.top_p = 0.9f; })},
    {.name = "top-p of many", .candidates = 500, .voice = with(kSad, [](VoiceView& v) { v.top_p = 0.3f; })},
    {.name = "both cuts", .candidates = 128, .voice = with(kHappy, [](VoiceView& v) { v.top_k = 20, v.top_p = 0.7f; })},
    {.name = "ties", .candidates = 33, .voice = with(kNeutral, [](VoiceView& v) { v.top_k = 7; }), .spread = 0},
    {.name = "cold", .candidates = 128, .voice = voice(5, 10, 1)},
    {.name = "modulated for each note",
     .voice =
         with(kHappy, [](VoiceView& v) { v.note_draw = 1, v.pace = -1, v.sigma_step = 0.1, v.sigma_duration = 0.7; })},
    {.name = "modulated once, signed",
     .voice = with(kHappy, [](VoiceView& v) { v.pace = 1, v.folded = 0, v.gamma = -0.25, v.delta = 1.5; })},
    {.name = "signed for each note",
     .voice = with(
         kHappy,
         [](VoiceView& v) { v.pace = 1, v.folded = 0, v.note_draw = 1, v.sigma_step = 2, v.sigma_duration = 0.5; })},
};

// Features and centres are of size 10 in scaled space, made by at most 8 roundings; the logistic function's slope is
// 1/4 at most.
constexpr Tolerance kScores{.abs = 10 * 8 * 0x1p-24 / 4};
// A weight is e^x with |x| < 100 (cold: 10 times logits of deviation 2), itself rounded twice and moved by alpha = 5
// times the score's error: relative error (100 * 2 + 5 * 20 + 8) * 2^-24. Below 2^-126 weights are denormal.
constexpr Tolerance kProbabilities{.abs = 0x1p-126, .rel = 308 * 0x1p-24};
// A handful of double operations, and functions within 2 ulp of each other.
constexpr double kDoubles = 32 * 0x1p-53;

class Choose : public DeviceCases<ChooseCase> {};

Slots chosen_by_definition(Slots slots) {
  choose_pitch_ref(slots.op());
  return slots;
}

Slots chosen(const Slots& slots, StreamRef stream) {
  const DeviceSlots device(slots, stream);
  choose_pitch(device.op(), stream);
  return device.read();
}

/// NaN for NaN, else equal: rows that nobody writes stay as they were.
std::vector<float> unpoisoned(std::vector<float> values) {
  std::ranges::replace_if(
      values, [](float x) { return std::isnan(x); }, -99.0f);
  return values;
}

bool same_progress(const Progress& a, const Progress& b) {
  return a.consumed == b.consumed && a.written == b.written && a.left == b.left && a.out_at == b.out_at &&
         a.fresh == b.fresh && a.fault == b.fault;
}

TEST_P(Choose, EqualsItsDefinition) {
  const Slots start(param(), kRows);
  const Slots want = chosen_by_definition(start), got = chosen(start, stream());
  EXPECT_EQ(got.pitch, want.pitch);
  EXPECT_EQ(got.pitch[1], -1) << "a slot with nothing left was touched";
  EXPECT_TRUE(close(unpoisoned(got.logits), unpoisoned(want.logits), {}));
  EXPECT_TRUE(close(unpoisoned(got.scores), unpoisoned(want.scores), kScores));
  EXPECT_TRUE(close(unpoisoned(got.probabilities), unpoisoned(want.probabilities), kProbabilities));
  for (int i = 0; i < kRows; ++i) {
    EXPECT_TRUE(got.u[i] == want.u[i] || (std::isnan(got.u[i]) && std::isnan(want.u[i]))) << got.u[i];
    EXPECT_TRUE(same_progress(got.progress[i], start.progress[i])) << "slot " << i;
  }
}

TEST_P(Choose, PlaysTheNoteItsDefinitionPlays) {
  Slots want = chosen_by_definition(Slots(param(), kRows));
  const DeviceSlots device(want, stream());
  modulate(device.op(), stream());
  modulate_ref(want.op());
  const Slots got = device.read();
  const auto near = [](double a, double b) { return std::abs(a - b) <= kDoubles * (1 + std::abs(b)); };
  const auto same_note = [](const Played& a, const Played& b) {
    // both are the same double, or neighbours, rounded
    const auto close_to = [](float x, float y) { return x == y || std::abs(x - y) <= std::abs(y) * 0x1p-23f; };
    return a.pitch == b.pitch && ((std::isnan(a.step) && std::isnan(b.step)) ||
                                  (close_to(a.step, b.step) && close_to(a.duration, b.duration)));
  };
  for (int i = 0; i < kRows; ++i) {
    EXPECT_TRUE(same_note(got.notes[i], want.notes[i])) << "note " << i;
    EXPECT_TRUE(same_progress(got.progress[i], want.progress[i])) << "slot " << i;
    for (int j = 2 * i; j < 2 * i + 2; ++j) EXPECT_TRUE(near(got.modulation[j], want.modulation[j])) << "at " << j;
  }
  for (std::size_t i = 0; i < want.window.size(); ++i) EXPECT_TRUE(same_note(got.window[i], want.window[i])) << i;
  EXPECT_TRUE(close(unpoisoned(got.predicted), unpoisoned(want.predicted), {}));
  EXPECT_EQ(got.progress[1].fresh, 0);
}

TEST_P(Choose, WritesTheSameBitsAloneAndAmongOthers) {
  const Slots many(param(), kRows);
  const Slots together = chosen(many, stream());
  const int last = kRows - 1;
  Slots alone(param(), 1);
  alone.voices[0] = many.voices[last];
  alone.progress[0] = many.progress[last];
  std::ranges::copy(many.readout.end() - many.network.readout_size, many.readout.end(), alone.readout.begin());
  std::ranges::copy(many.window.end() - many.network.window, many.window.end(), alone.window.begin());
  const Slots one = chosen(alone, stream());
  EXPECT_EQ(one.pitch[0], together.pitch[last]);
  const auto bytes = static_cast<std::size_t>(param().candidates) * sizeof(float);
  EXPECT_EQ(std::memcmp(one.probabilities.data(), together.probabilities.data(), bytes), 0);
  EXPECT_EQ(std::memcmp(one.scores.data(), together.scores.data(), bytes), 0);
}

TEST_P(Choose, LeavesOutTheTraceWhereNobodyAsks) {
  const Slots start(param(), kRows);
  const DeviceSlots device(start, stream());
  ChooseOp op = device.op();
  op.output = {.notes = op.output.notes};
  choose_pitch(op, stream());
  modulate(op, stream());
  const Slots got = device.read();
  EXPECT_EQ(got.pitch, chosen_by_definition(start).pitch);
  EXPECT_EQ(got.notes[kRows - 1].pitch, got.pitch[0]);
}

INSTANTIATE_TEST_SUITE_P(All, Choose, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends())));

/// The CPU's network has MIDI's 128 pitches at most.
std::vector<ChooseCase> processor_cases() {
  std::vector<ChooseCase> all(std::begin(kCases), std::end(kCases));
  std::erase_if(all, [](const ChooseCase& c) { return c.candidates > 128; });
  return all;
}

class ChooseBeside : public Choose {};

TEST_P(ChooseBeside, TheProcessorChoosesTheSame) {
  Slots start(param(), kRows);
  const Slots got = chosen(start, stream());
  const ChooseOp op = start.op();
  for (const int slot : {0, 2, 3, 4, 5}) EXPECT_EQ(got.pitch[slot], cpu_choice(op, slot)) << "slot " << slot;
}

INSTANTIATE_TEST_SUITE_P(All, ChooseBeside,
                         testing::Combine(testing::ValuesIn(processor_cases()), testing::ValuesIn(backends(0))));

class ChooseFaults : public DeviceTest {};

TEST_P(ChooseFaults, StopThePieceAndNoOther) {
  for (const int candidates : {33, 300}) {
    const ChooseCase c{.candidates = candidates, .voice = kHappy};
    Slots start(c, kRows);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const auto row = [&](int slot) {
      return &start.readout[static_cast<std::size_t>(slot) * start.network.readout_size];
    };
    row(0)[start.network.step_at] = bad[candidates % 3];
    row(2)[start.network.duration_at] = bad[(candidates + 1) % 3];
    row(2)[Slots::kLogitsAt] = NAN;  // step and duration are looked at first
    row(3)[Slots::kLogitsAt + candidates - 1] = bad[(candidates + 2) % 3];
    row(4)[Slots::kLogitsAt + 7] = 3e38f;  // finite, but not what it is blended to
    start.voices[4].beta = 2;
    Slots want = chosen_by_definition(start);
    modulate_ref(want.op());
    const DeviceSlots device(start, stream());
    choose_pitch(device.op(), stream());
    modulate(device.op(), stream());
    const Slots got = device.read();
    const int faults[kRows] = {2, 0, 2, 1, 1, 0};
    for (int i = 0; i < kRows; ++i) {
      EXPECT_EQ(got.progress[i].fault, faults[i]) << "slot " << i;
      EXPECT_TRUE(same_progress(got.progress[i], want.progress[i])) << "slot " << i;
      EXPECT_EQ(got.notes[i].pitch, want.notes[i].pitch);
    }
    EXPECT_TRUE(close(unpoisoned(got.logits), unpoisoned(want.logits), {})) << "a trace without a note";
  }
}

TEST_P(ChooseFaults, OperandsOutOfRangeAreRefused) {
  const DeviceSlots device(Slots({}, 1), stream());
  ChooseOp none = device.op(), many = device.op(), windowless = device.op();
  none.pieces.rows = 0;
  many.network.candidates = kMaxCandidates + 1;
  windowless.network.window = 0;
  for (const ChooseOp& op : {none, many, windowless}) {
    EXPECT_THROW(choose_pitch(op, stream()), std::invalid_argument);
    EXPECT_THROW(modulate(op, stream()), std::invalid_argument);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ChooseFaults, testing::ValuesIn(backends()));

// Logits of which e^x is a whole number of eighths: sums are exact, so that borders are hit and not nearly hit.
TEST(ChooseDefinition, CutsKeepEqualsByTheirIndex) {
  const auto kept = [](int top_k, float top_p) {
    Slots slots({.candidates = 8, .voice = with(kNeutral, [](VoiceView& v) { v.beta = 1; }), .spread = 0}, 1);
    slots.voices[0].top_k = top_k;
    slots.voices[0].top_p = top_p;
    choose_pitch_ref(slots.op());
    return std::ranges::count_if(slots.probabilities, [](float p) { return p > 0; }) * 10 +
           (slots.probabilities[0] > 0 ? 1 : 0);
  };
  EXPECT_EQ(kept(0, 1), 81);
  EXPECT_EQ(kept(3, 1), 31);
  EXPECT_EQ(kept(0, 0.5f), 41) << "half is reached with four, not below it";
  EXPECT_EQ(kept(0, 0.51f), 51);
}

/// P(chi-square with k degrees > x), Wilson and Hilferty's approximation.
double chi_square_tail(double x, double k) {
  const double z = (std::cbrt(x / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

// The kernels choose what the definition chooses, draw by draw; so its distribution is theirs.
TEST(ChooseDefinition, AMillionDrawsFollowTheProbabilities) {
  for (const bool gumbel : {false, true}) {
    Slots slots({.candidates = 6, .voice = kHappy}, 1, /*seed=*/gumbel ? 2 : 3);
    slots.voices[0].gumbel = gumbel ? 1 : 0;
    constexpr int kDraws = 1'000'000;
    std::vector<int> counts(6);
    for (int i = 0; i < kDraws; ++i) {
      slots.progress[0].written = static_cast<std::uint32_t>(i);
      choose_pitch_ref(slots.op());
      ++counts[static_cast<std::size_t>(slots.pitch[0])];
    }
    double statistic = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double expected = kDraws * double{slots.probabilities[i]};
      statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_GT(chi_square_tail(statistic, 5), 1e-4) << (gumbel ? "gumbel" : "inverse CDF");
  }
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
