// Whether two generators that are left to themselves write the same music on the whole (performance.md, section 6,
// gate 6): pitches by chi-square, steps and durations by Kolmogorov and Smirnov.
//
// Notes of one piece depend on one another, and tests that take them for independent find differences where there are
// none. So a sample is one note of each of many pieces, always of the same number: pieces share nothing but their
// primers, which are the same in both samples (that makes the tests a little cautious). The two sides draw from
// unrelated random numbers, ours from Philox as in the program, the other from std::mt19937_64: with equal numbers both
// would write the same pieces, and the samples would agree whatever their distribution.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/note.h"

namespace bench {

/// Pieces, so independent notes, of a sample. Pitches whose probabilities are off by a twentieth each show with 128
/// candidates nearly always (the statistic's mean is 127 + n 0.05^2 / 2 = 252, and 192 has kSmallestP), and so does a
/// step whose distribution is off by a hundredth somewhere.
inline constexpr int kSamplePieces = 100'000;
/// A difference that is none fails once in 10,000: rare beside the few dozen gates of a run, whose seeds never change.
inline constexpr double kSmallestP = 1e-4;

/// One note of each piece.
struct NoteSample {
  std::vector<std::int64_t> pitches = std::vector<std::int64_t>(256);  ///< how often each was chosen
  std::vector<float> steps, durations;

  void add(std::span<const engine::Note> notes);
};

/// Asks for the pieces `first` to `first + together - 1`, until there are `pieces`.
/// @param last_notes  (first) -> the sample's note of each of the `together` pieces
NoteSample sample_of(int pieces, int together,
                     const std::function<std::vector<engine::Note>(std::uint64_t first)>& last_notes);

/// The other side's random numbers for `count` notes, in (0, 1), of the pieces from `first` on.
std::vector<float> unrelated_draws(std::size_t count, std::uint64_t first);

/// Prints the three p to standard error. @throws std::runtime_error if one is not above kSmallestP
void check_distribution(const std::string& name, const NoteSample& ours, const NoteSample& theirs);

}  // namespace bench
