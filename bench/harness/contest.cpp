#include "bench/harness/contest.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <iomanip>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bench/harness/json_text.h"

namespace bench {
namespace {

bool failed = false;  // Google Benchmark reports an error in a row but still ends with 0
std::string lines;    // the file of --lines; empty: none
std::chrono::steady_clock::time_point began_rows;

double seconds_of(const Side& side, std::int64_t units) {
  const auto began = std::chrono::steady_clock::now();
  side.run(units);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

struct Calibration {
  std::int64_t units;  ///< in one sample
  double seconds;      ///< that one sample takes, about
};

/// Warms up, and finds how many units fill a sample.
Calibration calibrate(const Side& side, double wanted) {
  seconds_of(side, 1);
  for (std::int64_t units = 1;; units *= 4) {
    const double taken = seconds_of(side, units);
    if (taken < wanted / 8) continue;
    const double one = taken / static_cast<double>(units);
    const auto full = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(wanted / one)));
    return {full, one * static_cast<double>(full)};
  }
}

struct Samples {
  std::vector<double> rates;  ///< units per second
  double low() const { return *std::min_element(rates.begin(), rates.end()); }
  double high() const { return *std::max_element(rates.begin(), rates.end()); }
  double median() const {
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }
};

void sample(const Side& side, const Calibration& c, Samples& samples) {
  samples.rates.push_back(static_cast<double>(c.units) / seconds_of(side, c.units));
}

void report(benchmark::State& state, const Contest& contest, const Samples& ours, const Samples& theirs) {
  const double work = contest.work_per_unit;
  state.counters["ours"] = work * ours.median();
  state.counters["ours_low"] = work * ours.low();
  state.counters["ours_high"] = work * ours.high();
  if (theirs.rates.empty()) return;
  state.counters["theirs"] = work * theirs.median();
  state.counters["theirs_low"] = work * theirs.low();
  state.counters["theirs_high"] = work * theirs.high();
  Samples ratios;
  for (std::size_t i = 0; i < ours.rates.size(); ++i) ratios.rates.push_back(ours.rates[i] / theirs.rates[i]);
  state.counters["ratio"] = ours.median() / theirs.median();
  state.counters["ratio_low"] = ratios.low();
  state.counters["ratio_high"] = ratios.high();
}

/// @return the row's label
std::string compete(benchmark::State& state, const Contest& contest, const Timing& timing) {
  const bool alone = !contest.theirs.run;
  const Calibration a = calibrate(contest.ours, timing.seconds);
  const Calibration b = alone ? Calibration{0, 0} : calibrate(contest.theirs, timing.seconds);
  const int affordable = static_cast<int>(std::min(1e6, timing.most_seconds / (a.seconds + b.seconds)));
  const int rounds = std::clamp(affordable, std::min(3, timing.rounds), timing.rounds);
  Samples ours, theirs;
  for (int round = 0; round < rounds; ++round) {
    const bool we_begin = round % 2 == 0;
    if (we_begin) sample(contest.ours, a, ours);
    if (!alone) sample(contest.theirs, b, theirs);
    if (!we_begin) sample(contest.ours, a, ours);
  }
  state.SetIterationTime(1 / ours.median());
  state.counters["rounds"] = rounds;
  state.counters["units"] = static_cast<double>(a.units);
  report(state, contest, ours, theirs);
  for (const auto& [name, value] : contest.counters) state.counters[name] = value;
  return contest.ours.name + " | " + contest.theirs.name + " | " + contest.unit;
}

template <typename Value>
bool take_flag(std::string_view argument, std::string_view name, Value& value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), value);
  if (error != std::errc() || end != argument.data() + argument.size() || !(value > 0)) {
    throw std::invalid_argument(std::string(name) + " needs a number above 0, not '" + std::string(argument) + "'");
  }
  return true;
}

/// @param label  or the error, under that name
void write_line(const std::string& name, const char* kind, const std::string& label, const benchmark::State& state) {
  if (lines.empty()) return;
  std::ofstream file(lines, std::ios::app);
  file << std::setprecision(6) << "{\"name\": \"" << json_text(name) << "\", \"" << kind << "\": \"" << json_text(label)
       << '"';
  for (const auto& [counter, value] : state.counters) file << ", \"" << counter << "\": " << value.value;
  file << "}\n";
}

void run_row(benchmark::State& state, const std::string& name, const Timing& timing,
             const std::function<Contest()>& make) {
  try {
    const auto passed = std::chrono::steady_clock::now() - began_rows;
    if (std::chrono::duration<double>(passed).count() > timing.budget) throw NotMeasured("no time was left");
    const std::string label = compete(state, make(), timing);
    state.SetLabel(label);
    write_line(name, "label", label, state);
  } catch (const NotMeasured& reason) {
    state.SetIterationTime(0);
    state.SetLabel(std::string("not measured: ") + reason.what());
    write_line(name, "not_measured", reason.what(), state);
  } catch (const std::exception& error) {
    failed = true;
    write_line(name, "failed", error.what(), state);
    state.SkipWithError(error.what());
  }
}

}  // namespace

Timing start(int argc, char** argv) {
  Timing timing;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    constexpr std::string_view kLines = "--lines=";
    if (take_flag(argv[i], "--rounds=", timing.rounds) || take_flag(argv[i], "--seconds=", timing.seconds) ||
        take_flag(argv[i], "--budget=", timing.budget)) {
      continue;
    }
    if (std::string_view(argv[i]).starts_with(kLines)) {
      lines = argv[i] + kLines.size();
      continue;
    }
    rest.push_back(argv[i]);
  }
  int count = static_cast<int>(rest.size());
  rest.push_back(nullptr);
  benchmark::Initialize(&count, rest.data());
  if (count > 1) throw std::invalid_argument(std::string("unknown option ") + rest[1]);
  return timing;
}

void add_row(const std::string& name, double target, const Timing& timing, std::function<Contest()> make) {
  const auto run = [=](benchmark::State& state) {
    for (auto _ : state) {
      if (target > 0) state.counters["target"] = target;
      run_row(state, name, timing, make);
      if (state.error_occurred()) return;
    }
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->Iterations(1)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

int run_rows() {
  began_rows = std::chrono::steady_clock::now();
  const std::size_t rows = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return rows == 0 || failed ? 1 : 0;
}

}  // namespace bench
