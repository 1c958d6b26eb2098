#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/commands.h"
#include "app/glue/corpus.h"
#include "app/glue/device.h"
#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/glue/stages.h"
#include "app/train/face_evaluation.h"
#include "engine/generate/make.h"
#include "engine/model/losses.h"
#include "io/tensors/tensors.h"
#include "kernels/cpu/isa.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateCommand {
  std::string model, split, state, outputs;
  DeviceOptions computing;
  std::vector<std::string> midi;
  int threads = 0;
  bool json = false, strict_midi = false, force = false;
  FaceEvaluationCommand faces;
};

struct Evaluation {
  engine::LossSums sums;
  engine::TensorTable outputs;  ///< empty unless asked for
};

engine::StateMode state_of(const EvaluateCommand& c, const engine::ModelSpec& spec) {
  if (c.state.empty()) return spec.state;
  if (c.state == "window") return engine::StateMode::window;
  if (c.state == "carry") return engine::StateMode::carry;
  throw UsageError({"usage", "--state", c.state + " is neither window nor carry", "leave it out for the model's own"});
}

void check_command(const EvaluateCommand& c) {
  if (c.threads < 0 || c.threads > 1024) {
    throw UsageError({"usage", "--threads", std::to_string(c.threads) + " is not in 0 to 1024", "0 takes all cores"});
  }
  check_free(c.outputs, c.force);
}

/// The notes of pieces whose every pitch the model has a logit for.
std::vector<std::vector<engine::Note>> notes_of(Corpus& corpus, const engine::ModelSpec& spec) {
  const int candidates = spec.head(engine::Field::pitch).size;
  std::vector<std::vector<engine::Note>> notes;
  for (FolderPiece& piece : corpus.pieces) {
    const auto beyond = std::ranges::find_if(piece.notes, [&](const auto& n) { return n.pitch >= candidates; });
    if (beyond != piece.notes.end()) {
      throw engine::ModelError(
          {"evaluate", piece.file.string(),
           "it has pitch " + std::to_string(beyond->pitch) + ", the model knows 0 to " + std::to_string(candidates - 1),
           "use a model with 128 pitches, or leave the file out"});
    }
    notes.push_back(std::move(piece.notes));
  }
  return notes;
}

std::size_t count_windows(const std::vector<std::vector<engine::Note>>& pieces, int window) {
  std::size_t windows = 0;
  for (const auto& notes : pieces) windows += notes.size() - std::min(notes.size(), static_cast<std::size_t>(window));
  if (windows != 0) return windows;
  throw io::FormatError({"evaluate", "",
                         "no piece is longer than the model's window of " + std::to_string(window) + " notes",
                         "name longer pieces"});
}

void reserve_outputs(engine::TensorTable& table, std::size_t windows, std::size_t candidates) {
  const std::size_t bytes = windows * (candidates + 2) * sizeof(float);
  if (bytes > io::kMaxTensorFileBytes / 2) {
    throw UsageError({"usage", "--outputs",
                      "outputs of " + std::to_string(windows) + " windows fill " + std::to_string(bytes >> 20) +
                          " MB, at most " + std::to_string(io::kMaxTensorFileBytes >> 21) + " MB are written",
                      "evaluate fewer files with --outputs"});
  }
  const auto n = static_cast<std::int64_t>(windows);
  table.tensors["pitch_logits"].shape = {n, static_cast<std::int64_t>(candidates)};
  table.tensors["pitch_logits"].values.reserve(windows * candidates);
  for (const char* name : {"step", "duration"}) {
    table.tensors[name].shape = {n};
    table.tensors[name].values.reserve(windows);
  }
}

void append(engine::TensorTable& table, const engine::Predictions& p) {
  const auto add = [&table](const char* name, const std::vector<float>& values) {
    auto& all = table.tensors[name].values;
    all.insert(all.end(), values.begin(), values.end());
  };
  add("pitch_logits", p.pitch_logits);
  add("step", p.step);
  add("duration", p.duration);
}

Evaluation evaluate(const EvaluateCommand& c, engine::Predictor& predictor,
                    const std::vector<std::vector<engine::Note>>& pieces, const engine::ModelSpec& spec) {
  const std::size_t windows = count_windows(pieces, spec.window);
  Evaluation evaluation;
  if (!c.outputs.empty()) {
    reserve_outputs(evaluation.outputs, windows, static_cast<std::size_t>(spec.head(engine::Field::pitch).size));
  }
  Progress progress("evaluate", windows, "windows", c.json);
  predictor.predict(pieces, [&](std::size_t piece, const engine::Predictions& p) {
    if (interrupt_token().stop_requested()) throw Interrupted({"evaluate", "", "interrupted; nothing was written", ""});
    evaluation.sums.add(pieces[piece], p);
    if (!c.outputs.empty()) append(evaluation.outputs, p);
    progress.update(evaluation.sums.windows());
  });
  progress.finish();
  return evaluation;
}

void check_finite(const engine::LossSums& sums, const std::filesystem::path& model) {
  if (std::isfinite(sums.pitch_nll()) && std::isfinite(sums.step_loss()) && std::isfinite(sums.duration_loss())) return;
  throw engine::ModelError({"evaluate", model.string(), "its loss on these pieces is not a finite number",
                            "its weights are out of range: use another checkpoint"});
}

Json report_of(const engine::LossSums& sums, std::size_t pieces) {
  return {{"pieces", pieces},
          {"windows", sums.windows()},
          {"pitch_nll", sums.pitch_nll()},
          {"pitch_accuracy", sums.pitch_accuracy()},
          {"step_loss", sums.step_loss()},
          {"duration_loss", sums.duration_loss()},
          {"unigram_entropy", sums.unigram_entropy()}};
}

void print_report(const Json& r) {
  const auto number = [&](const char* key, int digits) { return fixed(r[key].get<double>(), digits); };
  print_row("model", r["model"].get<std::string>());
  print_row("pieces", r["pieces"].dump() + ", " + r["windows"].dump() + " windows of " + r["window"].dump() +
                          " notes, state " + r["state"].get<std::string>());
  print_row("pitch_nll", number("pitch_nll", 4) +
                             " nats (a model that knows only frequencies: " + number("unigram_entropy", 4) + ")");
  print_row("pitch_accuracy", fixed(100 * r["pitch_accuracy"].get<double>(), 2) + " %");
  print_row("step_loss", number("step_loss", 5));
  print_row("duration_loss", number("duration_loss", 5));
  print_row("time", human_seconds(r["seconds"].get<double>()) + ", " +
                        human_count(r["windows"].get<double>() / std::max(1e-9, r["seconds"].get<double>())) +
                        " windows/s");
}

double notes_in(const std::vector<std::vector<engine::Note>>& pieces) {
  double notes = 0;
  for (const auto& piece : pieces) notes += static_cast<double>(piece.size());
  return notes;
}

int run_evaluate(const EvaluateCommand& c) {
  check_command(c);
  const OpenedModel opened = open_model(c.model);
  const engine::StateMode state = state_of(c, opened.model.spec);
  Corpus corpus = read_corpus_pieces(corpus_files(c.midi, c.split), c.strict_midi);
  const auto pieces = notes_of(corpus, opened.model.spec);
  const Computing computing = resolve_computing(c.computing, notes_in(pieces));
  const auto predictor = make_predictor(computing, opened.model, state, c.threads);
  Stages stages;
  Evaluation evaluation = stages.time("predict", [&] { return evaluate(c, *predictor, pieces, opened.model.spec); });
  check_finite(evaluation.sums, opened.file);
  Json report = report_of(evaluation.sums, pieces.size());
  report["files_left_out"] = corpus.left_out;
  report["model"] = opened.file.string();
  report["model_sha256"] = opened.sha256;
  report["window"] = opened.model.spec.window;
  report["state"] = state == engine::StateMode::carry ? "carry" : "window";
  report["device"] = computing.device_name();
  report["precision"] = computing.precision();
  report["fusion"] = predictor_fusion_of(computing, opened.model, state);
  report["isa"] = kernels::name_of(kernels::active_isa());
  report["seconds"] = stages["predict"];
  if (!c.outputs.empty()) {
    evaluation.outputs.metadata = {{"model_sha256", opened.sha256}, {"state", report["state"].get<std::string>()}};
    io::write_file(c.outputs, io::format_tensors(evaluation.outputs), existing(c.force));
    report["outputs"] = c.outputs;
  }
  if (c.json) {
    std::printf("%s\n", report.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_report(report);
  }
  return kDone;
}

/// What means something for notes only; a face network would pass over it in silence.
constexpr const char* kForNotes[] = {"--split",  "--state",   "--device",     "--precision",
                                     "--fusion", "--outputs", "--strict-midi"};

int run_either(EvaluateCommand& c, const CLI::App& given) {
  if (c.midi.empty() == c.faces.faces.empty()) {
    throw UsageError({"usage", c.midi.empty() ? "--midi" : "--faces",
                      c.midi.empty() ? "there is nothing to measure with" : "notes and faces are different tasks",
                      "--midi FOLDER for a music model, --faces FOLDER for a face network"});
  }
  if (c.faces.faces.empty()) {
    if (!c.faces.part.empty() || !c.faces.confusion.empty())
      throw UsageError({"usage", c.faces.part.empty() ? "--confusion" : "--part", "it is for --faces", "leave it out"});
    return run_evaluate(c);
  }
  for (const char* option : kForNotes) {
    if (given.count(option) > 0) throw UsageError({"usage", option, "it has no meaning for faces", "leave it out"});
  }
  c.faces.model = c.model, c.faces.json = c.json, c.faces.force = c.force, c.faces.threads = c.threads;
  return evaluate_faces(c.faces);
}

}  // namespace

void add_evaluate(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("evaluate", "Measure how well a model predicts notes, or reads faces");
  auto c = std::make_shared<EvaluateCommand>();
  command->add_option("--model", c->model, "weights (.safetensors)")->required();
  command->add_option("--midi", c->midi, "MIDI file or folder; may be given several times");
  command->add_option("--faces", c->faces.faces, "for a face network: folder of labelled faces");
  command->add_option("--part", c->faces.part, "of the faces: train, validation or test (default: test)");
  command->add_option("--confusion", c->faces.confusion, "picture of which class was read as which (.svg)");
  command->add_option("--split", c->split, "CSV:NAME: only files of this part (column split)");
  command->add_option("--state", c->state, "window or carry: how much of the past counts (default: the model's)");
  command->add_option("--device", c->computing.device, "auto, cpu or cuda (reference: the slow definition)")
      ->capture_default_str();
  command->add_option("--precision", c->computing.precision, "auto, fp32, fp16, bf16 or tf32")->capture_default_str();
  command->add_option("--fusion", c->computing.fusion,
                      "rung of the kernel ladder (--device cuda): unfused, pointwise, cell or window");
  command->add_option("--threads", c->threads, "threads to compute with (default: all cores)");
  command->add_option("--outputs", c->outputs, "raw outputs of every window (.safetensors)");
  command->add_flag("--strict-midi", c->strict_midi, "leave out files with any oddity");
  command->add_flag("--force", c->force, "replace a file that exists");
  command->add_flag("--json", c->json, "print one JSON document");
  command->footer(
      "Examples:\n  affetto evaluate --model seed.safetensors --midi maestro/ --split maestro/maestro.csv:validation\n"
      "  affetto evaluate --model face.safetensors --faces faces/ --part test");
  command->callback([c, command, &run] { run = [c, command] { return run_either(*c, *command); }; });
}

}  // namespace app
