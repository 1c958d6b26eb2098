// How many notes a second on a GPU: our rungs against LibTorch's forms, on the same network, primers and random
// numbers.
//
// Axes: network (1x128 window 25, 3x256 window 25, 3x512 window 100), state, pieces at once, rung, LibTorch's variant,
// encloser. Rows of one kind:
//   device    our fastest rung in fp32 against a variant of LibTorch; notes are left in device memory on both sides
//   device_fp16  the same with ours in fp16
//   rung      one rung by itself: device time of one more note, from runs of two lengths
//   host      the engine's decoder as the program uses it, notes as plain structs on the host
//   cpu       our path on this machine's CPU: measured with a GPU or without one
//
// --emulated runs ours on the host emulator and LibTorch's forms on the CPU: gates and plumbing; its times mean
// nothing.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bench/generation/affetto.h"
#include "bench/gpu/generation/gate.h"
#include "bench/gpu/generation/ours.h"
#include "bench/gpu/measure.h"
#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"

namespace bench::gpu {
namespace {

using engine::StateMode;
using libtorch::Variant;

Target target = Target::cuda;

/// Notes of a unit of work: what LibTorch's graph writes.
constexpr int kUnit = libtorch::DeviceGenerator::kGraphNotes;

struct Case {
  std::string network;
  Setting setting;
};

/// Notes of a launch: 512 where that is not long, fewer where the floor alone says that it takes a tenth of a second.
int block_of(const Case& c) {
  const double floor = floor_seconds(task_of(spec_of(c.network), c.setting), Arithmetic::fp32);
  const int affordable = static_cast<int>(std::min(1e6, 0.1 / floor));
  return target == Target::emulated ? kUnit : std::clamp(affordable / kUnit * kUnit, kUnit, 512);
}

libtorch::Place place() { return target == Target::cuda ? libtorch::Place::gpu : libtorch::Place::cpu; }
std::string state_name(const Case& c) { return c.setting.state == StateMode::carry ? "carry" : "window"; }

void need_device() {
  const kernels::DeviceState state = device_state(target);
  if (!state.available) throw NotMeasured("no GPU (" + state.why_not + ")");
}

/// What the model of the machine says, as counters: floors of a step of all pieces in microseconds.
std::map<std::string, double> model_of(const Case& c, kernels::Fusion fusion) {
  const Task task = task_of(spec_of(c.network), c.setting);
  std::map<std::string, double> all = {{"floor_us", 1e6 * floor_seconds(task, Arithmetic::fp32)},
                                       {"floor_fp16_us", 1e6 * floor_seconds(task, Arithmetic::fp16)}};
  for (const RungPrediction& rung : kLadder) {
    const double predicted = predicted_us(rung, task, true);
    if (rung.rung == std::string(kernels::name_of(fusion)) && predicted > 0) all["predicted_us"] = predicted;
  }
  return all;
}

/// Why LibTorch cannot run here; empty if it can.
std::string why_no_libtorch() {
  const std::string why_not = target == Target::cuda ? libtorch::gpu_why_not() : "";
  return !why_not.empty() ? why_not : libtorch::available() ? "" : "LibTorch not found";
}

/// "loop fp32", "tensor cores fp16" where the number of pieces decides.
std::string form_name(const engine::Model& model, const Case& c, const Ours& ours) {
  const bool suited = ours.precision != kernels::Precision::fp32 && !ours.fusion;
  return std::string(suited ? "tensor cores" : kernels::name_of(resolve(model, c.setting, ours))) + " " +
         kernels::name_of(ours.precision);
}

/// A hundred thousand windows of a deep network would take minutes.
bool free_run_takes_too_long(const Case& c) { return c.setting.state == StateMode::window && c.network != "1x128"; }

void pass_ours(const Case& c, const engine::Model& model, const Ours& ours) {
  const std::string name =
      c.network + " " + state_name(c) + " " + form_name(model, c, ours) + (c.setting.encloser ? " encloser" : "");
  pass_once("ours " + name, [&] { check_ours("ours, " + name, model, c.setting, ours); });
  // The gate of bf16 is wider than what a hundred thousand notes show.
  const bool coarse = ours.precision == kernels::Precision::bf16;
  if (coarse || free_run_takes_too_long(c) || !why_no_libtorch().empty()) return;
  pass_once("free run " + name, [&] { check_free_run("free run, " + name, model, c.setting, ours, place()); });
}

/// LibTorch's pieces, with random numbers for a block.
std::function<void(std::int64_t)> their_side(const Case& c, const engine::Model& model, Variant variant) {
  const std::string name =
      c.network + " " + state_name(c) + " " + libtorch::name_of(variant) + (c.setting.encloser ? " encloser" : "");
  pass_once("theirs " + name, [&] { check_theirs("LibTorch, " + name, model, c.setting, variant, place()); });
  const std::shared_ptr<libtorch::DeviceGenerator> theirs = libtorch::make_device_generator(
      model, form_of(c.setting.state), variant, c.setting.batch, blend_of(c.setting), place());
  const int block = block_of(c);
  theirs->prime(primers_of(model.spec, c.setting.batch));
  theirs->set_draws(block, draws_of(block, c.setting.batch));
  return [theirs, block](std::int64_t units) {
    for (std::int64_t notes = units * kUnit; notes > 0; notes -= block) {
      theirs->generate(static_cast<int>(std::min<std::int64_t>(notes, block)));
    }
  };
}

std::function<void(std::int64_t)> our_side(Case c, const engine::Model& model, const Ours& ours) {
  c.setting.block = block_of(c);
  const std::shared_ptr<Runs> runs = our_runs(model, c.setting, ours);
  return [runs, block = c.setting.block](std::int64_t units) {
    for (std::int64_t notes = units * kUnit; notes > 0; notes -= block) {
      runs->advance(static_cast<int>(std::min<std::int64_t>(notes, block)));
    }
  };
}

Contest on_device(const Case& c, Variant variant, kernels::Precision precision) {
  need_device();
  const engine::Model model = random_model(spec_of(c.network));
  const Ours ours{.target = target, .precision = precision};
  const kernels::Fusion fusion = resolve(model, c.setting, ours);
  pass_ours(c, model, ours);
  Contest contest{.ours = {"Affetto " + form_name(model, c, ours), our_side(c, model, ours)},
                  .unit = "notes/s",
                  .work_per_unit = static_cast<double>(c.setting.batch) * kUnit,
                  .counters = model_of(c, fusion)};
  const std::string why_not = why_no_libtorch();
  if (why_not.empty()) {
    contest.theirs = {std::string("LibTorch ") + libtorch::name_of(variant), their_side(c, model, variant)};
  } else {
    contest.theirs.name = "LibTorch not measured: " + why_not;
  }
  return contest;
}

Contest one_rung(Case c, kernels::Fusion fusion, kernels::Precision precision) {
  need_device();
  const engine::Model model = random_model(spec_of(c.network));
  const Ours ours{.target = target, .fusion = fusion, .precision = precision};
  resolve(model, c.setting, ours);
  pass_ours(c, model, ours);
  c.setting.block = block_of(c);
  const std::shared_ptr<Runs> runs = our_runs(model, c.setting, ours);
  const Line line = line_of(*runs, c.setting.block / 2, c.setting.block);
  Contest contest{.ours = {"Affetto " + form_name(model, c, ours), our_side(c, model, ours)},
                  .unit = "notes/s",
                  .work_per_unit = static_cast<double>(c.setting.batch) * kUnit,
                  .counters = model_of(c, fusion)};
  contest.counters["us_per_note"] = line.slope.median;
  contest.counters["us_per_note_p10"] = line.slope.p10;
  contest.counters["us_per_note_p90"] = line.slope.p90;
  contest.counters["launch_us"] = line.intercept.median;
  if (precision != kernels::Precision::fp32) contest.counters["floor_us"] = contest.counters["floor_fp16_us"];
  contest.counters["of_floor"] = contest.counters["floor_us"] / line.slope.median;
  return contest;
}

Contest to_host(Case c) {
  need_device();
  const engine::Model model = random_model(spec_of(c.network));
  const Ours ours{.target = target};
  const kernels::Fusion fusion = resolve(model, c.setting, ours);
  pass_ours(c, model, ours);
  c.setting.block = block_of(c);
  const auto pieces = std::make_shared<Pieces>(model, c.setting, our_decoder(model, c.setting, ours));
  return {.ours = {std::string("Affetto ") + kernels::name_of(fusion) + " fp32, notes on the host",
                   [pieces](std::int64_t units) { pieces->run(units * kUnit); }},
          .unit = "notes/s",
          .work_per_unit = static_cast<double>(c.setting.batch) * kUnit,
          .counters = model_of(c, fusion)};
}

Contest on_cpu(Case c) {
  const engine::Model model = random_model(spec_of(c.network));
  c.setting.threads = 0;  // all cores
  const auto pieces = std::make_shared<Pieces>(model, c.setting);
  return {.ours = {"Affetto on the CPU fp32", [pieces](std::int64_t units) { pieces->run(units * kUnit); }},
          .unit = "notes/s",
          .work_per_unit = static_cast<double>(c.setting.batch) * kUnit};
}

std::string row_name(const std::string& kind, const Case& c, const std::string& last) {
  return kind + "/" + c.network + "/" + state_name(c) + "/batch:" + std::to_string(c.setting.batch) +
         "/encloser:" + (c.setting.encloser ? "on" : "off") + (last.empty() ? "" : "/" + last);
}

/// What would take minutes: windows of deep networks for many pieces are 100 and 25 times the work of a carried state.
bool too_long(const Case& c) {
  if (c.setting.state == StateMode::carry || c.network == "1x128") return false;
  return c.setting.batch > (c.network == "3x512" ? 32 : 1024);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* network : {"1x128", "3x256", "3x512"}) {
    for (const StateMode state : {StateMode::window, StateMode::carry}) {
      for (const int batch : {1, 32, 1024, 16384}) {
        for (const bool encloser : {false, true}) {
          const Case c{network, {.state = state, .batch = batch, .encloser = encloser}};
          if (!too_long(c) && (!encloser || c.network == "1x128")) all.push_back(c);
        }
      }
    }
  }
  return all;
}

struct RungForm {
  std::string name;
  kernels::Fusion fusion;
  kernels::Precision precision;
};

/// Each rung under its own name in one format, overlap and what follows it in 16 bits; cell and loop in the others too.
std::vector<RungForm> rung_forms() {
  using kernels::Fusion, kernels::Precision;
  std::vector<RungForm> forms;
  for (std::size_t f = 0; f < kernels::kFusionNames.size(); ++f) {
    const auto fusion = static_cast<Fusion>(f);
    forms.push_back({kernels::name_of(fusion), fusion, fusion > Fusion::loop ? Precision::fp16 : Precision::fp32});
  }
  for (const Fusion fusion : {Fusion::cell, Fusion::loop}) {
    for (const Precision precision : {Precision::fp16, Precision::bf16}) {
      forms.push_back({std::string(kernels::name_of(fusion)) + "_" + kernels::name_of(precision), fusion, precision});
    }
  }
  return forms;
}

/// In 16 bits one layer of up to 128 units is kept on chip; what is larger is multiplied by cell and staggered, or, a
/// few columns at a time, on many blocks: 3x256 on clusters, 3x512 spread over all. What clusters take in a few turns
/// is there too: it says where launches begin to be faster.
bool has_form(const Case& c, const RungForm& form) {
  using kernels::Fusion;
  if (form.precision == kernels::Precision::fp32 || c.network == "1x128") return true;
  const bool carry = c.setting.state == StateMode::carry;
  const int most = c.network == "3x256" && carry ? 1024 : 32;
  const bool many_blocks = c.setting.batch <= most && form.fusion == (carry ? Fusion::loop : Fusion::cluster);
  return many_blocks || form.fusion == Fusion::cell || form.fusion == Fusion::staggered;
}

void add_rows(const Timing& timing) {
  for (const Case& c : cases()) {
    for (const Variant variant : libtorch::kVariants) {
      for (const bool half : {false, true}) {
        add_row(row_name(half ? "device_fp16" : "device", c, libtorch::name_of(variant)), 0, timing,
                [=] { return on_device(c, variant, half ? kernels::Precision::fp16 : kernels::Precision::fp32); });
      }
    }
  }
  for (const Case& c : cases()) {
    for (const RungForm& form : rung_forms()) {
      if (!has_form(c, form)) continue;
      add_row(row_name("rung", c, form.name), 0, timing, [=] { return one_rung(c, form.fusion, form.precision); });
    }
  }
  for (const Case& c : cases()) add_row(row_name("host", c, ""), 0, timing, [=] { return to_host(c); });
  for (const Case& c : cases()) {
    if (c.network == "1x128" && c.setting.batch <= 32) {
      add_row(row_name("cpu", c, ""), 0, timing, [=] { return on_cpu(c); });
    }
  }
}

void add_device_context() {
  const kernels::DeviceState state = device_state(target);
  const auto version = [](int cuda) { return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10); };
  benchmark::AddCustomContext("gpu", state.available ? state.info.name : "no GPU (" + state.why_not + ")");
  if (!state.available) return;
  benchmark::AddCustomContext("gpu_driver_cuda", version(state.info.driver_version));
  benchmark::AddCustomContext("cuda_runtime", version(state.info.runtime_version));
  benchmark::AddCustomContext("multiprocessors", std::to_string(state.info.multiprocessors));
}

}  // namespace
}  // namespace bench::gpu

int main(int argc, char** argv) try {
  bench::gpu::target = bench::gpu::take_target(argc, argv);
  bench::Timing timing = bench::start(argc, argv);
  timing.most_seconds = 3;
  bench::add_context();
  bench::gpu::add_device_context();
  bench::gpu::add_rows(timing);
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
