// Which way is the fastest for a class of networks and a number of pieces: all ways of a family, which write the same
// bits (kernels/generate/dispatch/ways.h), are gated and timed as the rows `rung` of bench_gpu_generation are. Lines of
// JSON, for bench/tune to make a table of:
//   {"device": NAME, "multiprocessors": N, "capability": N, "emulated": BOOL, "runtime": CUDA's version}
//   {"plan": [NAME of each row, in the order in which they are measured]}
//   {"name": "fp16/3x512/carry/1024", "class": {...}, "pieces": N, "ways": [{"way": {...}, "us", "p10", "p90"}]}
//   {"name": ..., "failed": why}
// A row's ways stand in the order of ways_of(); one that was far slower than the best after a pair of runs is told with
// that pair's slope as all three numbers.
//
// bench_gpu_tune [--emulated] [--quick] [--lines=FILE] [--budget=SECONDS]
//   --emulated  on the host emulator, two tiny networks: that the way through works; its times mean nothing
//   --quick     fp16, a few numbers of pieces
//   --lines     rows whose names FILE has are passed over, the others added to it, each as soon as it is done
//   --budget    no row is begun after so many seconds
// bench_gpu_tune --estimate=NAME,MULTIPROCESSORS,CAPABILITY
//   what is taken for the same classes where nothing was measured: {"class": {...}, "steps": [{"pieces", "way"}]}
// Ends with 1 if a gate failed; without a GPU with 0 and a line "not_measured".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/generation/affetto.h"
#include "bench/gpu/generation/gate.h"
#include "bench/gpu/generation/ours.h"
#include "bench/harness/subjects.h"
#include "kernels/emulator/virtual_device.h"

namespace bench::gpu {
namespace {

using engine::StateMode;
using kernels::Precision;
using kernels::Way;
using Json = nlohmann::ordered_json;

struct Options {
  Target target = Target::cuda;
  bool quick = false;
  std::string lines, estimate;
  double budget = 1e9;
};

struct Row {
  std::string network;
  Setting setting;
  Precision precision = Precision::fp16;
  std::string name() const {
    return std::string(kernels::name_of(precision)) + "/" + network + "/" +
           (setting.state == StateMode::carry ? "carry" : "window") + "/" + std::to_string(setting.batch);
  }
};

/// "1x16", "2x16": small enough for the emulator, on chip in 16 bits and not.
engine::ModelSpec spec_for(const std::string& name) {
  if (name != "1x16" && name != "2x16") return spec_of(name);
  engine::ModelSpec spec = spec_of("1x128");
  spec.name = name;
  spec.lstm.assign(name == "1x16" ? 1 : 2, 16);
  spec.window = 3;
  return spec;
}

std::vector<std::string> networks(const Options& options) {
  if (options.target == Target::emulated) return {"1x16", "2x16"};
  return {"1x128", "3x256", "3x512"};
}
std::vector<int> numbers_of_pieces(const Options& options) {
  if (options.target == Target::emulated) return {1, 9};
  if (options.quick) return {1, 256, 16384};
  return {1, 8, 32, 128, 512, 2048, 8192, 16384};
}
std::vector<Precision> precisions(const Options& options) {
  if (options.quick) return {Precision::fp16};
  return {Precision::fp16, Precision::fp32, Precision::bf16};
}

Arithmetic arithmetic_of(Precision precision) {
  return precision == Precision::fp32 ? Arithmetic::fp32 : Arithmetic::fp16;
}

double floor_of(const Row& row) {
  return floor_seconds(task_of(spec_for(row.network), row.setting), arithmetic_of(row.precision));
}

/// Windows of deep networks for many pieces: what takes the floor a hundredth of a second for a note shall be told from
/// what was measured for fewer pieces.
constexpr double kLongestNote = 0.01;

std::vector<Row> plan(const Options& options) {
  std::vector<Row> rows;
  for (const Precision precision : precisions(options)) {
    for (const std::string& network : networks(options)) {
      for (const StateMode state : {StateMode::carry, StateMode::window}) {
        for (const int pieces : numbers_of_pieces(options)) {
          const Row row{network, {.state = state, .batch = pieces}, precision};
          if (floor_of(row) < kLongestNote) rows.push_back(row);
        }
      }
    }
  }
  return rows;
}

/// Notes of the longer launch: 64 where that is not long, fewer where the floor says that it takes 20 ms.
int block_of(const Options& options, const Row& row) {
  if (options.target == Target::emulated) return 4;
  return std::clamp(static_cast<int>(0.02 / floor_of(row)) / 2 * 2, 8, 64);
}

Json json_of(const kernels::NetworkClass& c) {
  return {
      {"precision", kernels::name_of(c.precision)}, {"layers", c.layers}, {"hidden", c.hidden}, {"window", c.window}};
}
Json json_of(const Way& way) {
  constexpr const char* kTileNames[] = {"few", "many", "wide", "by_rows"};
  return {{"rung", kernels::name_of(way.fusion)},
          {"pieces", way.pieces},
          {"cluster", way.cluster},
          {"tile", kTileNames[static_cast<int>(way.tile)]}};
}

/// Blocks of which half would stand empty.
bool pointless(const Way& way, const Row& row, int window) {
  constexpr int kSmallestBlock = 8;
  if (way.pieces > kSmallestBlock && way.pieces / 2 >= row.setting.batch) return true;
  return way.fusion == kernels::Fusion::cluster && way.cluster / 2 >= window;
}

/// The notes of any way are those of the first, bit for bit.
void check_bits(const Row& row, const Way& way, const std::vector<kernels::Played>& got,
                const std::vector<kernels::Played>& want) {
  const bool same = got.size() == want.size() && std::memcmp(got.data(), want.data(), got.size() * sizeof(got[0])) == 0;
  if (!same) throw std::runtime_error(row.name() + ": " + text_of(way) + " writes other bits than its family");
}

/// Microseconds a note, as the rows `rung` have it. On the emulator those of one launch: a difference of two would as
/// soon be negative.
Spread time_of(const Options& options, Runs& runs, int block, double bound) {
  if (options.target == Target::emulated) return spread_of({runs.advance(block) / block});
  const Spread slope = line_of(runs, block / 2, block, bound).slope;
  if (slope.median <= 0) throw std::runtime_error("a longer launch took less time: is the GPU shared?");
  return slope;
}

/// Times every way of a row. @throws std::runtime_error where a gate fails
Json measured(const Options& options, const Row& row) {
  const engine::Model model = random_model(spec_for(row.network));
  Ours ours{.target = options.target, .precision = row.precision};
  const Choice choice = choice_of(model, row.setting.state, ours);
  const std::string gate = row.name().substr(0, row.name().rfind('/'));
  pass_once(gate, [&] { check_ours("ours, " + gate, model, row.setting, ours); });
  Setting setting = row.setting;
  setting.block = block_of(options, row);
  constexpr double kHopeless = 3;  // times the best: not looked at again
  double best = std::numeric_limits<double>::infinity();
  std::vector<kernels::Played> first;
  Json ways = Json::array();
  for (const Way& way : choice.ways) {
    if (pointless(way, row, model.spec.window)) continue;
    ours.way = way;
    const std::unique_ptr<Runs> runs = our_runs(model, setting, ours);
    runs->advance(2);
    if (ways.empty()) first = runs->written();
    check_bits(row, way, runs->written(), first);
    const Spread time = time_of(options, *runs, setting.block, kHopeless * best);
    best = std::min(best, time.median);
    ways.push_back({{"way", json_of(way)}, {"us", time.median}, {"p10", time.p10}, {"p90", time.p90}});
  }
  return {{"name", row.name()},
          {"class", json_of(choice.network)},
          {"pieces", row.setting.batch},
          {"ways", std::move(ways)}};
}

/// Names of the rows that a file of lines has.
std::set<std::string> names_in(const std::string& file) {
  std::set<std::string> names;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const Json row = Json::parse(line, nullptr, false);  // the last may have been cut off
    if (row.is_object() && row.contains("ways")) names.insert(row.at("name").get<std::string>());
  }
  return names;
}

class Lines {
 public:
  explicit Lines(const std::string& file) {
    if (file.empty()) return;
    out_ = std::fopen(file.c_str(), "a");
    if (out_ == nullptr) throw std::runtime_error(file + " cannot be written");
  }
  ~Lines() {
    if (out_ != stdout) std::fclose(out_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  void add(const Json& line) {
    std::fprintf(out_, "%s\n", line.dump().c_str());
    std::fflush(out_);
  }

 private:
  std::FILE* out_ = stdout;
};

Json device_line(const Options& options, const kernels::DeviceInfo& info) {
  return {{"device", info.name},
          {"multiprocessors", info.multiprocessors},
          {"capability", 10 * info.capability_major + info.capability_minor},
          {"emulated", options.target == Target::emulated},
          {"runtime", info.runtime_version}};
}

int tune(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  const std::set<std::string> done = names_in(options.lines);
  Lines lines(options.lines);
  const kernels::DeviceState state = device_state(options.target);
  if (!state.available) {
    lines.add({{"not_measured", "no GPU (" + state.why_not + ")"}});
    return 0;
  }
  lines.add(device_line(options, state.info));
  const std::vector<Row> rows = plan(options);
  Json names = Json::array();
  for (const Row& row : rows) names.push_back(row.name());
  lines.add({{"plan", names}});
  bool good = true;
  for (const Row& row : rows) {
    if (done.contains(row.name())) continue;
    if (std::chrono::duration<double>(Clock::now() - begun).count() > options.budget) break;
    try {
      lines.add(measured(options, row));
    } catch (const std::exception& error) {
      lines.add({{"name", row.name()}, {"failed", error.what()}});
      good = false;
    }
  }
  return good ? 0 : 1;
}

/// Each class of the plan once, on a device that is not there.
int estimate(const Options& options) {
  const std::string& text = options.estimate;
  const std::size_t last = text.rfind(','), before = last == text.npos ? text.npos : text.rfind(',', last - 1);
  if (before == text.npos) throw std::runtime_error("--estimate=" + text + ": wanted NAME,MULTIPROCESSORS,CAPABILITY");
  kernels::emulator::VirtualDevice device = kernels::emulator::parse_device("sm_" + text.substr(last + 1));
  device.name = text.substr(0, before);
  device.multiprocessors = std::stoi(text.substr(before + 1, last - before - 1));
  const kernels::emulator::DeviceScope scope(device);
  Lines lines("");
  lines.add(device_line({}, engine::on_emulator::device_state().info));
  std::vector<kernels::NetworkClass> seen;
  for (const Row& row : plan({})) {
    const Ours ours{.target = Target::emulated, .precision = row.precision};
    const Choice choice = choice_of(random_model(spec_for(row.network)), row.setting.state, ours);
    if (std::find(seen.begin(), seen.end(), choice.network) != seen.end()) continue;
    seen.push_back(choice.network);
    Json steps = Json::array();
    for (const kernels::WayStep& step : choice.estimated) {
      const bool all = step.most_pieces == kernels::WayStep::kAll;
      steps.push_back({{"pieces", all ? 0 : step.most_pieces}, {"way", json_of(step.way)}});
    }
    lines.add({{"class", json_of(choice.network)}, {"steps", std::move(steps)}});
  }
  return 0;
}

Options options_of(int argc, char** argv) {
  Options options{.target = take_target(argc, argv)};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&](const char* name) { return word.substr(std::strlen(name)); };
    if (word == "--quick") {
      options.quick = true;
    } else if (word.starts_with("--lines=")) {
      options.lines = value("--lines=");
    } else if (word.starts_with("--budget=")) {
      options.budget = std::stod(value("--budget="));
    } else if (word.starts_with("--estimate=")) {
      options.estimate = value("--estimate=");
    } else {
      throw std::runtime_error(word + ": no such option; see the head of bench/gpu/tune/tune.cpp");
    }
  }
  return options;
}

}  // namespace
}  // namespace bench::gpu

int main(int argc, char** argv) try {
  const bench::gpu::Options options = bench::gpu::options_of(argc, argv);
  return options.estimate.empty() ? bench::gpu::tune(options) : bench::gpu::estimate(options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
