// Every defect is found by some schedule, and the kernels without one are right under all: whatever schedule the
// environment asks the other tests to keep to.
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <vector>

#include "kernels/emulator/machine.h"
#include "kernels/emulator/schedule.h"
#include "tests/kernels/emulator/lstm_mutant.h"
#include "tests/kernels/emulator/mutants.h"

namespace kernels {

void PrintTo(const Mutant& mutant, std::ostream* out) {
  *out << mutant.kernel << ' ' << mutant.number << ", without " << mutant.lacks;
}

namespace {

using emulator::Schedule;
using emulator::ScheduleScope;

constexpr int kSeeds = 20;

std::vector<Mutant> originals() {
  std::vector<Mutant> all;
  for (const char* kernel : mutant_kernels()) all.push_back({kernel, 0, "nothing", false, false, false});
  return all;
}

std::vector<std::uint32_t> right_values(const Mutant& mutant) {
  const ScheduleScope scope(Schedule{});
  return run_mutant({mutant.kernel, 0, "", false, false, false});
}

bool found_under(const Schedule& schedule, const Mutant& mutant, const std::vector<std::uint32_t>& right) {
  const ScheduleScope scope(schedule);
  try {
    return run_mutant(mutant) != right;
  } catch (const emulator::KernelFault&) {
    return true;
  }
}

class Mutation : public testing::TestWithParam<Mutant> {};

TEST_P(Mutation, IsFoundBySomeSeedOfWarpPriority) {
  const Mutant& mutant = GetParam();
  const std::vector<std::uint32_t> right = right_values(mutant);
#if defined(AFFETTO_ASAN)
  if (mutant.strays) {
    const auto try_all = [&] {
      for (const Schedule& schedule : emulator::all_schedules(kSeeds)) found_under(schedule, mutant, right);
    };
    EXPECT_DEATH(try_all(), "AddressSanitizer");
    return;
  }
#endif
  int fixed = 0, seeds = 0;
  for (const Schedule& schedule : emulator::all_schedules(kSeeds)) {
    const bool found = found_under(schedule, mutant, right);
    (schedule.policy == emulator::Policy::kWarpPriority ? seeds : fixed) += found ? 1 : 0;
  }
  RecordProperty("found", std::to_string(fixed) + " of 4 fixed, " + std::to_string(seeds) + " of " +
                              std::to_string(kSeeds) + " seeds");
  if (mutant.shows) {
    EXPECT_GT(seeds, 0) << fixed << " of the fixed schedules found it";
  } else {
    EXPECT_EQ(fixed + seeds, 0) << "it shows after all: say so in the table";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Mutation, testing::ValuesIn(mutants()));

class Original : public testing::TestWithParam<Mutant> {};

TEST_P(Original, IsTheSameUnderAllSchedules) {
  const std::vector<std::uint32_t> right = right_values(GetParam());
  for (const Schedule& schedule : emulator::all_schedules(kSeeds)) {
    const ScheduleScope scope(schedule);
    EXPECT_EQ(run_mutant(GetParam()), right) << to_string(schedule);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Original, testing::ValuesIn(originals()));

// The kernel's rows in double, with h rounded to half after every step as the kernel's is, following the kernel's
// choices; so one near-tie does not cascade.
class LstmReference {
 public:
  explicit LstmReference(const LstmMutantRun& run) : run_(run) {}

  void expect_row(int row) {
    using Op = LstmMutantOp;
    std::vector<double> h(Op::kHidden), c(Op::kHidden), exact(Op::kHidden);
    int token = first_token(row);
    for (int step = 0; step < Op::kSteps; ++step) {
      exact = advance(token, h, c);
      for (int j = 0; j < Op::kHidden; ++j) h[j] = to_float(to_half(static_cast<float>(exact[j])));
      token = run_.tokens[row * Op::kSteps + step];
      ASSERT_TRUE(token >= 0 && token < Op::kCandidates) << "row " << row << ", step " << step << ": " << token;
      EXPECT_LE(highest_score(h) - score(token, h), 2 * kScoreError) << "row " << row << ", step " << step;
    }
    for (int j = 0; j < Op::kHidden; ++j)
      EXPECT_NEAR(run_.h[row * Op::kHidden + j], exact[j], kError) << row << ' ' << j;
  }

 private:
  // A value near a tie may round the other way: u = 2^-11. Recurrent weights of a gate sum to 1 at most, so a gate's
  // error is h's; c's grows by 5/4 + |c|/4 <= 9/4 of it, h's is c's and 1/4 of the gate's: u, 3.5 u and 12 u in three
  // steps.
  static constexpr double kError = 12 * 0x1p-11;
  static constexpr double kScoreError = 0.125 * 64 * kError;  // 64 weights of at most 1/8

  std::vector<double> advance(int token, const std::vector<double>& h, std::vector<double>& c) const {
    using Op = LstmMutantOp;
    const auto logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
    std::vector<double> next(Op::kHidden);
    for (int j = 0; j < Op::kHidden; ++j) {
      double gate[4];
      for (int g = 0; g < 4; ++g) {
        gate[g] = run_.table[token * Op::kGates + g * Op::kHidden + j];
        const Half* row = &run_.recurrent[static_cast<std::size_t>((g * Op::kHidden + j) * Op::kHidden)];
        for (int k = 0; k < Op::kHidden; ++k) gate[g] += double{to_float(row[k])} * h[k];
      }
      c[j] = logistic(gate[1]) * c[j] + logistic(gate[0]) * std::tanh(gate[2]);
      next[j] = logistic(gate[3]) * std::tanh(c[j]);
    }
    return next;
  }
  double score(int candidate, const std::vector<double>& h) const {
    double sum = 0;
    for (int j = 0; j < LstmMutantOp::kHidden; ++j) {
      sum += double{run_.head[candidate * LstmMutantOp::kHidden + j]} * h[j];
    }
    return sum;
  }
  double highest_score(const std::vector<double>& h) const {
    double best = -INFINITY;
    for (int v = 0; v < LstmMutantOp::kCandidates; ++v) best = std::max(best, score(v, h));
    return best;
  }

  const LstmMutantRun& run_;
};

TEST(OriginalLstm, EqualsItsReference) {
  const LstmMutantRun run = run_lstm(0);
  LstmReference reference(run);
  for (int row = 0; row < run.rows; ++row) reference.expect_row(row);
}

}  // namespace
}  // namespace kernels
