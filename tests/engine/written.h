// What a decoder wrote, and what another wrote in its place.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

#include "engine/generate/decoder.h"

namespace support {

inline constexpr engine::PieceKey kKey{.seed = 7, .index = 3};

struct Written {
  std::vector<engine::Note> notes;
  std::vector<engine::NoteTrace> traces;
};

/// One piece in the first slot, written in one stretch, traced.
inline Written write(engine::Decoder& decoder, std::span<const engine::Note> primer,
                     const engine::Expression& expression, int notes) {
  Written written{std::vector<engine::Note>(notes), std::vector<engine::NoteTrace>(notes)};
  decoder.load(0, *decoder.prime(primer), kKey, expression);
  const engine::Stretch stretch{0, notes, written.notes.data(), written.traces.data()};
  decoder.advance({&stretch, 1});
  return written;
}

inline double relative_l2(const std::vector<float>& got, const std::vector<float>& want) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    difference += (double{got[i]} - want[i]) * (double{got[i]} - want[i]);
    size += double{want[i]} * want[i];
  }
  return size == 0 ? difference : std::sqrt(difference / size);
}

/// Both devices chose freely; as long as they chose the same pitches they read the same notes up to rounding.
inline void expect_alike(const Written& got, const Written& want) {
  for (std::size_t i = 0; i < want.notes.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "note " << i);
    const engine::NoteTrace &g = got.traces[i], &w = want.traces[i];
    // fp32 sums of up to 128 products in up to 3 layers: 1e-5 is the path's promise (a run shows 4e-7)
    ASSERT_LE(relative_l2(g.logits, w.logits), 1e-5);
    ASSERT_EQ(g.scores.size(), w.scores.size());
    for (std::size_t j = 0; j < w.scores.size(); ++j) ASSERT_NEAR(g.scores[j], w.scores[j], 1e-5);
    for (std::size_t j = 0; j < w.logits.size(); ++j) ASSERT_NEAR(g.probabilities[j], w.probabilities[j], 1e-5);
    ASSERT_NEAR(g.step_predicted, w.step_predicted, 1e-5);
    ASSERT_NEAR(g.duration_predicted, w.duration_predicted, 1e-5);
    ASSERT_DOUBLE_EQ(g.gamma, w.gamma);
    ASSERT_DOUBLE_EQ(g.delta, w.delta);
    if (std::isnan(w.u)) {
      ASSERT_TRUE(std::isnan(g.u));
    } else {
      ASSERT_EQ(g.u, w.u);
    }
    ASSERT_EQ(got.notes[i].pitch, want.notes[i].pitch);
    ASSERT_NEAR(got.notes[i].step_s, want.notes[i].step_s, 1e-5);
    ASSERT_NEAR(got.notes[i].duration_s, want.notes[i].duration_s, 1e-5);
    ASSERT_EQ(got.notes[i].program, 11);
    ASSERT_EQ(got.notes[i].velocity, engine::kDefaultVelocity);
  }
}

}  // namespace support
