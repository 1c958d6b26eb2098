// The operations of unfused that know pieces: what they write, and what they leave alone.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/generate/steps.h"
#include "kernels/generate/unfused.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/host_network.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kWindow = 4;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class Unfused : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    progress_ = {{.consumed = 0, .left = 2, .out_at = 0},
                 {.consumed = 1, .written = 3, .left = 1, .out_at = 2, .fresh = 1},
                 {.consumed = 3, .left = 0, .out_at = 7, .fresh = 1},
                 {.consumed = 9, .written = 8, .left = 5, .out_at = 3, .fresh = 0}};
    for (int i = 0; i < 4; ++i) voices_.push_back(voice(i));
    notes_ = random_notes(4 * kWindow, 9, 3);
  }
  PiecesView pieces() {
    progress_there_ = uploaded(stream(), progress_);
    voices_there_ = uploaded(stream(), voices_);
    notes_there_ = uploaded(stream(), notes_);
    return {
        .voices = voices_there_.data(), .progress = progress_there_.data(), .window = notes_there_.data(), .rows = 4};
  }

  std::vector<Progress> progress_;
  std::vector<VoiceView> voices_;
  std::vector<Played> notes_;
  DeviceBuffer<Progress> progress_there_;
  DeviceBuffer<VoiceView> voices_there_;
  DeviceBuffer<Played> notes_there_;
};

TEST_P(Unfused, PiecesSitOutTheStepsForWhichTheyHaveNoNotes) {
  const PiecesView view = pieces();
  const auto part = poisoned<int>(stream(), 4);
  const auto marked = [&](int number) {
    mark_step({view, kWindow, number, part.data()}, stream());
    return part.to_host();
  };
  EXPECT_EQ(marked(0), (std::vector{0, 0, 0, 1})) << "9 notes fill a window of 4";
  EXPECT_EQ(marked(3), (std::vector{0, 1, 0, 1})) << "one note is the last of a window";
  EXPECT_EQ(marked(kFeedStep), (std::vector{0, 1, 1, 0})) << "fresh notes are fed, whether or not more are to come";
  mark_left({view, part.data()}, stream());
  EXPECT_EQ(part.to_host(), (std::vector{1, 1, 0, 1}));
}

TEST_P(Unfused, InputsAreScaledRowsOrRowsOfATable) {
  const HostNetwork host = random_network({.hidden = {3}, .window = kWindow, .candidates = 9, .table = true});
  NetworkView network{.input_count = 3, .window = kWindow};
  network.layers[0].hidden = 3;
  std::vector<DeviceBuffer<float>> rows;
  for (std::size_t i = 0; i < 3; ++i) {
    rows.push_back(uploaded(stream(), host.inputs[i].rows));
    network.inputs[i] = {rows[i].data(), host.inputs[i].classes, host.inputs[i].field, host.inputs[i].table,
                         host.inputs[i].scale};
  }
  const auto gates = poisoned<float>(stream(), 4 * 12);
  input_rows({network, pieces(), 2, gates.data()}, stream());
  const std::vector<float> got = gates.to_host();
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t column = 0; column < 12; ++column) {
      if (row != 3) {
        EXPECT_TRUE(std::isnan(got[row * 12 + column])) << "row " << row << " takes no part";
        continue;
      }
      const Played& note = notes_[3 * kWindow + 7 % kWindow];  // step 2 of 4 reads note 9 - 4 + 2
      const double want = double{host.inputs[0].rows[static_cast<std::size_t>(note.pitch) * 12 + column]} +
                          double{note.step} * host.inputs[1].rows[column] +
                          double{note.duration} * 0.5 * host.inputs[2].rows[column];
      EXPECT_NEAR(got[row * 12 + column], want, 6 * 0x1p-24 * 3.0);  // six roundings of numbers below 3
    }
  }
}

TEST_P(Unfused, AReadoutThatIsNotFiniteStopsItsPiece) {
  const NetworkView network{.readout_size = 6, .candidates = 3, .logits_at = 1, .step_at = 4, .duration_at = 5};
  std::vector<float> readout(24, 1), highest(4, 1);
  readout[0] = kNan;            // nobody's
  readout[6 + 5] = INFINITY;    // duration of piece 1
  readout[6 + 1] = kNan;        // and a logit: the time is told
  readout[12 + 4] = kNan;       // piece 2 has nothing left
  readout[18 + 3] = -INFINITY;  // a logit of piece 3
  const auto readout_there = uploaded(stream(), readout), highest_there = uploaded(stream(), highest);
  PiecesView view = pieces();
  view.readout = readout_there.data();
  check_readout({network, view, highest_there.data()}, stream());
  const std::vector<Progress> got = progress_there_.to_host();
  const int faults[] = {0, 2, 0, 1}, left[] = {2, 0, 0, 0}, fresh[] = {0, 0, 1, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(got[i].fault, faults[i]) << "piece " << i;
    EXPECT_EQ(got[i].left, left[i]) << "piece " << i;
    EXPECT_EQ(got[i].fresh, fresh[i]) << "piece " << i;
  }
}

TEST_P(Unfused, ABlendThatIsNotFiniteStopsItsPiece) {
  const NetworkView network{.readout_size = 3, .candidates = 1, .logits_at = 0, .step_at = 1, .duration_at = 2};
  const auto readout = uploaded(stream(), std::vector<float>(12, 1));
  const auto highest = uploaded(stream(), std::vector<float>{INFINITY, 1, 1, 1});
  PiecesView view = pieces();
  view.readout = readout.data();
  check_readout({network, view, highest.data()}, stream());
  EXPECT_EQ(progress_there_.to_host()[0].fault, 1);
  EXPECT_EQ(progress_there_.to_host()[1].fault, 0);
}

TEST_P(Unfused, ModulationIsOfThePieceOrOfTheNote) {
  const PiecesView view = pieces();
  const auto modulation = poisoned<double>(stream(), 8);
  draw_modulation({view, modulation.data()}, stream());
  const std::vector<double> got = modulation.to_host();
  for (std::size_t i = 0; i < 4; ++i) {
    const VoiceView& v = voices_[i];
    const auto drawn = [&](double sigma, Purpose purpose) {
      const Words4 words = random_words(v.seed, v.index, progress_[i].written, purpose);
      const auto u = [&](int w) { return ((words.w[w] >> 8) + 0.5) / 16777216.0; };
      const double gap =
          1 - std::fabs(1 + sigma * std::sqrt(-2 * std::log(u(0))) * std::cos(2 * std::acos(-1.0) * u(1)));
      return v.folded != 0 ? std::fabs(gap) : gap;
    };
    // the same formula in doubles, but for the libraries' last bits
    EXPECT_NEAR(got[2 * i], v.note_draw ? drawn(v.sigma_step, Purpose::kModulationStep) : v.gamma, 1e-12);
    EXPECT_NEAR(got[2 * i + 1], v.note_draw ? drawn(v.sigma_duration, Purpose::kModulationDuration) : v.delta, 1e-12);
  }
}

TEST_P(Unfused, APlayedNoteIsShorterLongerOrAsPredictedAndNeverBelowZero) {
  for (std::size_t i = 0; i < 4; ++i) voices_[i].pace = std::vector{1, -1, 0, 1}[i];
  const PiecesView view = pieces();
  const auto predicted = uploaded(stream(), std::vector<float>{1, 2, 1, 2, 1, 2, 1, 2});
  const auto modulation = uploaded(stream(), std::vector<double>{0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 1.5, -0.5});
  const auto pitch = uploaded(stream(), std::vector<int>{5, 6, 7, 8});
  const auto played = poisoned<Played>(stream(), 4);
  play_note({view, predicted.data(), modulation.data(), pitch.data(), played.data()}, stream());
  const std::vector<Played> got = played.to_host();
  const float step[] = {0.75f, 1.25f, 1, 0}, duration[] = {1, 3, 2, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(got[i].step, step[i]);
    EXPECT_EQ(got[i].duration, duration[i]);
    EXPECT_EQ(got[i].pitch, static_cast<int>(5 + i));
  }
}

TEST_P(Unfused, WhatIsRecordedGoesToThePlaceOfItsNote) {
  const PiecesView view = pieces();  // the encloser is out for voices 1 and 3, and piece 2 has nothing left
  const auto rows = uploaded(stream(), std::vector<float>{0, 1, 9, 10, 11, 9, 20, 21, 9, 30, 31, 9});
  const auto all = poisoned<float>(stream(), 16), scores = poisoned<float>(stream(), 16);
  record_rows(RecordRows<float>{rows.data(), 3, view, all.data(), 2}, stream());
  record_rows(RecordRows<float>{rows.data(), 3, view, scores.data(), 2, true}, stream());
  std::vector<float> got = all.to_host(), scored = scores.to_host();
  const float want[] = {0, 1, kNan, kNan, 10, 11, 30, 31}, want_scored[] = {0, 1, kNan, kNan, kNan, kNan, kNan, kNan};
  for (std::size_t i = 0; i < 16; ++i) {
    const float all_here = i < 8 ? want[i] : kNan, scored_here = i < 8 ? want_scored[i] : kNan;
    EXPECT_TRUE(got[i] == all_here || (std::isnan(got[i]) && std::isnan(all_here))) << "[" << i << "]";
    EXPECT_TRUE(scored[i] == scored_here || (std::isnan(scored[i]) && std::isnan(scored_here))) << "[" << i << "]";
  }
}

TEST_P(Unfused, AWrittenNoteIsInTheWindowAndTheOutputAndProgressGoesOn) {
  const PiecesView view = pieces();
  const std::vector<Played> notes = random_notes(4, 9, 77);
  const auto played = uploaded(stream(), notes);
  const auto output = poisoned<Played>(stream(), 8);
  write_note({view, played.data(), output.data(), kWindow}, stream());
  const std::vector<Progress> got = progress_there_.to_host();
  const std::vector<Played> window = notes_there_.to_host(), out = output.to_host();
  std::vector<bool> ours(4 * kWindow, false), written(8, false);
  for (std::size_t i = 0; i < 4; ++i) {
    const bool part = progress_[i].left > 0;
    EXPECT_EQ(got[i].consumed, progress_[i].consumed + part);
    EXPECT_EQ(got[i].written, progress_[i].written + part);
    EXPECT_EQ(got[i].left, progress_[i].left - part);
    EXPECT_EQ(got[i].out_at, progress_[i].out_at + part);
    EXPECT_EQ(got[i].fresh, part ? 1 : 0);
    if (!part) continue;
    const std::size_t at = i * kWindow + static_cast<std::size_t>(progress_[i].consumed) % kWindow;
    ours[at] = written[static_cast<std::size_t>(progress_[i].out_at)] = true;
    EXPECT_EQ(window[at].pitch, notes[i].pitch);
    EXPECT_EQ(window[at].step, notes[i].step);
    EXPECT_EQ(out[static_cast<std::size_t>(progress_[i].out_at)].duration, notes[i].duration);
  }
  for (std::size_t n = 0; n < ours.size(); ++n) {
    EXPECT_TRUE(ours[n] || window[n].step == notes_[n].step) << "note " << n << " of the windows is another's";
  }
  for (std::size_t n = 0; n < written.size(); ++n) {
    EXPECT_TRUE(written[n] || out[n].pitch == -1) << "note " << n << " of the output is another's";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Unfused, testing::ValuesIn(backends(1)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
