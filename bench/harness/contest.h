// Two ways of doing the same work, timed in turns: A B, B A, A B, ... so that whatever drifts hits both alike.
//
// Every row is one Google Benchmark with manual time (seconds per unit of ours); counters hold the rest:
//   ours, theirs            units of work per second, medians over the rounds
//   ours_low .. theirs_high lowest and highest round
//   ratio, ratio_low, ratio_high  ours / theirs: of the medians, and of the rounds' extremes
//   target                  what the ratio (or, alone, the rate) shall reach; 0: none
//   rounds, units           samples per side, and units in one sample
// and whatever the contest adds. The label says "ours | theirs | unit", or "not measured: why".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace bench {

struct Side {
  std::string name;
  std::function<void(std::int64_t units)> run;  ///< does so many units of work; empty: nobody to compare with
};

struct Contest {
  Side ours, theirs;
  std::string unit;                             ///< "notes/s"
  double work_per_unit = 1;                     ///< in that unit
  std::map<std::string, double> counters = {};  ///< more to tell
};

/// Thrown where a row cannot be measured here and nothing is wrong: no GPU, no opponent.
struct NotMeasured : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Timing {
  int rounds = 5;
  double seconds = 0.5;      ///< of one sample, at least (one unit of work, where that takes longer)
  double most_seconds = 60;  ///< of a row: slow rows get fewer rounds, but 3
  double budget = 1e9;       ///< seconds of all rows: those whose turn comes later are not measured
};

/// Reads --rounds=N, --seconds=S, --budget=S and --lines=FILE out of the command line, and starts Google Benchmark with
/// the rest. Each row is added to FILE as a line of JSON as soon as it is done, so that it stays if the next one does
/// not come back.
/// @throws std::invalid_argument for what neither knows
Timing start(int argc, char** argv);

/// Adds a row. `make` is called when its turn comes, and what it made is gone before the next row.
/// @param target  see above
void add_row(const std::string& name, double target, const Timing& timing, std::function<Contest()> make);

/// Runs the rows; 0, or 1 if one of them failed.
int run_rows();

}  // namespace bench
