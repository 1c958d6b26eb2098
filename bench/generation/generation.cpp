// How many notes a second: our decoder against LibTorch on the same network, notes and random numbers.
//
// Axes: network (1x128 window 25, 3x512 window 100), state (window, carry), pieces at once (1, 32, 256), threads (1,
// 2). Rows of one kind:
//   window, carry  the plain contest, encloser out on both sides
//   staggered      our algorithm for windows on LibTorch's kernels: what is left of the ratio is the kernels'
//   encloser       ours with the emotion score against ours without it
//   halves         ours with weights in fp16 against ours in fp32
//   session        ours through the session, with its queue and sink, against the bare decoder
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/generation/affetto.h"
#include "bench/generation/gate.h"
#include "bench/generation/sessions.h"
#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"

namespace bench {
namespace {

using engine::StateMode;
using libtorch::Form;

constexpr int kBlock = Setting{}.block;

/// LibTorch's pieces, with random numbers for a while.
class TheirPieces {
 public:
  TheirPieces(const engine::Model& model, Form form, int batch, int threads)
      : u_(draws_of(kBlock, batch)), out_(u_.size()) {
    libtorch::set_threads(threads);
    generator_ = libtorch::make_generator(model, form, batch);
    generator_->prime(primers_of(model.spec, batch));
  }
  void run(std::int64_t notes) {
    for (; notes > 0; notes -= kBlock) {
      generator_->generate(static_cast<int>(std::min<std::int64_t>(notes, kBlock)), u_, out_);
    }
  }

 private:
  std::vector<float> u_;
  std::vector<engine::Note> out_;
  std::unique_ptr<libtorch::Generator> generator_;
};

Form form_of(StateMode state) { return state == StateMode::carry ? Form::carry : Form::window; }
std::string name_of(Form form) {
  return form == Form::carry ? "carry" : form == Form::window ? "window" : "window, staggered";
}

Side our_side(const engine::Model& model, const Setting& setting, const std::string& name) {
  return {name, [pieces = std::make_shared<Pieces>(model, setting)](std::int64_t notes) { pieces->run(notes); }};
}

Contest against_libtorch(const std::string& network, const Setting& setting, Form form) {
  const engine::Model model = random_model(spec_of(network));
  Contest contest{.unit = "notes/s", .work_per_unit = static_cast<double>(setting.batch)};
  if (libtorch::available()) {
    const std::string gate = network + " " + name_of(form);
    libtorch::set_threads(2);
    pass_once(gate, [&] { check_generation(gate, model, form); });
    // Large networks run the same code; a hundred thousand pieces of theirs would take minutes.
    if (network == "1x128") pass_once(gate + " at large", [&] { check_free_run(gate, model, form); });
    const auto theirs = std::make_shared<TheirPieces>(model, form, setting.batch, setting.threads);
    contest.theirs = {"LibTorch " + name_of(form), [theirs](std::int64_t notes) { theirs->run(notes); }};
  } else {
    contest.theirs.name = "LibTorch not found";
  }
  contest.ours = our_side(model, setting, "Affetto");
  return contest;
}

Contest encloser_cost(const std::string& network, Setting setting) {
  const engine::Model model = random_model(spec_of(network));
  Contest contest{.theirs = our_side(model, setting, "Affetto without encloser"),
                  .unit = "notes/s",
                  .work_per_unit = static_cast<double>(setting.batch)};
  setting.encloser = true;
  contest.ours = our_side(model, setting, "Affetto with encloser");
  return contest;
}

/// fp16 rounds each weight by at most 2^-11 of itself; the outputs may differ by as much (performance.md's gate: 2e-3).
void check_halves(const engine::Model& model, StateMode state) {
  constexpr double kGateHalves = 2e-3;
  std::vector<engine::NoteTrace> whole, half;
  Pieces(model, {.state = state}).traced(1, whole);
  Pieces(model, {.state = state, .weights = engine::WeightFormat::fp16}).traced(1, half);
  check_gate("fp16 weights: pitch logits", relative_error(half.front().logits, whole.front().logits), kGateHalves);
}

Contest halves(const std::string& network, Setting setting) {
  const engine::Model model = random_model(spec_of(network));
  pass_once(network + " fp16 weights", [&] { check_halves(model, setting.state); });
  Contest contest{.theirs = our_side(model, setting, "Affetto, fp32 weights"),
                  .unit = "notes/s",
                  .work_per_unit = static_cast<double>(setting.batch)};
  setting.weights = engine::WeightFormat::fp16;
  contest.ours = our_side(model, setting, "Affetto, fp16 weights");
  return contest;
}

Contest session_cost(const std::string& network, const Setting& setting) {
  const auto model = std::make_shared<engine::Model>(random_model(spec_of(network)));
  const auto sessions = std::make_shared<Sessions>(*model, setting);
  const auto pieces = std::make_shared<Pieces>(*model, setting);
  return {.ours = {"Affetto through a session", [=](std::int64_t n) { sessions->run(n * Sessions::kNotes); }},
          .theirs = {"Affetto, bare decoder", [=](std::int64_t n) { pieces->run(n * Sessions::kNotes); }},
          .unit = "notes/s",
          .work_per_unit = static_cast<double>(setting.batch) * Sessions::kNotes};
}

struct Target {
  const char* network;
  StateMode state;
  double ratio[3];  ///< at 1, 32 and 256 pieces
};

constexpr int kBatches[3] = {1, 32, 256};
constexpr Target kTargets[] = {{"1x128", StateMode::window, {12, 4, 3}},
                               {"1x128", StateMode::carry, {12, 6, 4.5}},
                               {"3x512", StateMode::window, {8, 1.2, 1.2}},
                               {"3x512", StateMode::carry, {1.5, 1.2, 1.2}}};

std::string row_name(const std::string& kind, const std::string& network, StateMode state, int batch, int threads) {
  return kind + "/" + network + "/" + name_of(form_of(state)) + "/batch:" + std::to_string(batch) +
         "/threads:" + std::to_string(threads);
}

void add_contests(const Timing& timing) {
  for (const int threads : {2, 1}) {
    for (const Target& t : kTargets) {
      for (int i = 0; i < 3; ++i) {
        const Setting setting{.state = t.state, .batch = kBatches[i], .threads = threads};
        if (threads == 1 && setting.batch == 256 && std::string(t.network) == "3x512") continue;  // minutes
        add_row(row_name("generate", t.network, t.state, setting.batch, threads), threads == 2 ? t.ratio[i] : 0, timing,
                [=] { return against_libtorch(t.network, setting, form_of(t.state)); });
      }
    }
  }
}

void add_staggered(const Timing& timing) {
  const auto add = [&](const std::string& network, int batch) {
    const Setting setting{.state = StateMode::window, .batch = batch};
    add_row(row_name("staggered", network, setting.state, batch, setting.threads), 0, timing,
            [=] { return against_libtorch(network, setting, Form::staggered); });
  };
  for (const int batch : kBatches) add("1x128", batch);
  add("3x512", 1);
}

void add_costs(const Timing& timing) {
  for (const StateMode state : {StateMode::window, StateMode::carry}) {
    for (const int batch : kBatches) {
      const Setting setting{.state = state, .batch = batch};
      add_row(row_name("encloser", "1x128", state, batch, setting.threads), 0, timing,
              [=] { return encloser_cost("1x128", setting); });
      add_row(row_name("session", "1x128", state, batch, setting.threads), 0, timing,
              [=] { return session_cost("1x128", setting); });
    }
  }
}

void add_halves(const Timing& timing) {
  const auto add = [&](const std::string& network, StateMode state, int batch) {
    const Setting setting{.state = state, .batch = batch};
    add_row(row_name("halves", network, state, batch, setting.threads), 0, timing,
            [=] { return halves(network, setting); });
  };
  add("1x128", StateMode::carry, 1);
  for (const int batch : kBatches) add("3x512", StateMode::carry, batch);
  add("3x512", StateMode::window, 1);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  const bench::Timing timing = bench::start(argc, argv);
  bench::add_context();
  bench::add_contests(timing);
  bench::add_staggered(timing);
  bench::add_halves(timing);
  bench::add_costs(timing);
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
