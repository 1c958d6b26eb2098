#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands/commands.h"
#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "app/glue/interrupt.h"
#include "app/glue/progress.h"
#include "app/train/endings.h"
#include "app/train/face_options.h"
#include "app/train/face_run.h"
#include "app/train/notes.h"
#include "app/train/options.h"
#include "app/train/run_folder.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFacePreset = "face";

void add_data(CLI::App& c, TrainCommand& o) {
  c.add_option("--preset", o.preset, "network to train: seed (notes), face (pictures)")->capture_default_str();
  c.add_option("--data", o.data, "folder with MIDI files, may be given several times; or with labelled faces");
  c.add_option("--split", o.split, "CSV whose column split says train or validation for each file");
  c.add_option("--validation", o.validation_fraction, "share of pieces to validate on, without --split")
      ->capture_default_str();
  c.add_option("-o,--output", o.output, "the trained model; beside it NAME.run/ with checkpoints and curve");
  c.add_flag("--resume", o.resume, "go on from the last checkpoint, bit for bit");
  c.add_flag("--force", o.force, "replace a run that is there");
  c.add_flag("--strict-midi", o.strict_midi, "leave out files with any oddity");
  c.add_option("--clusters", o.clusters, "happy and sad centres to put into the model");
  c.add_option("--vote-share", o.vote_share, "faces: what the taggers' votes count beside the label")
      ->capture_default_str();
  c.add_option("--licence", o.licence, "terms of the weights, for the model's card");
  c.add_option("--data-note", o.data_note, "name of the corpora, for the model's card");
  c.add_flag("--json", o.json, "print one JSON document at the end, nothing else");
  c.add_flag("-q,--quiet", o.quiet, "print nothing but errors");
}

void add_schedule(CLI::App& c, TrainCommand& o) {
  trainer::TrainOptions& t = o.train;
  c.add_option("--epochs", t.epochs, "passes over the training pieces")->capture_default_str();
  c.add_option("--max-minutes", o.max_minutes, "time budget; the learning rate falls to its end by then");
  c.add_option("--batch", t.batch, "sequences per iteration")->capture_default_str();
  c.add_option("--length", o.length, "notes per sequence (default 50; with --loss last the window)");
  c.add_option("--loss", o.loss, "last or every: which predictions of a sequence count")->capture_default_str();
  c.add_option("--loss-weight", o.loss_weights, "HEAD=WEIGHT, may be given several times (default: the preset's)");
  c.add_option("--hidden", o.hidden, "sizes of the LSTM layers (default: the preset's)")->delimiter(',');
  c.add_option("--learning-rate", t.learning_rate, "at its highest")->capture_default_str();
  c.add_option("--final-rate", t.final_rate, "share of it that is left at the end")->capture_default_str();
  c.add_option("--warmup", t.warmup, "iterations until it is at its highest")->capture_default_str();
  c.add_option("--weight-decay", t.weight_decay, "L2 penalty")->capture_default_str();
  c.add_option("--clip", t.clip_norm, "largest gradient norm, 0: no clipping")->capture_default_str();
  c.add_option("--target-cap", t.target_cap_s, "cut longer steps and durations in training, seconds, 0: not")
      ->capture_default_str();
  c.add_option("--input-gain", t.input_gain, "how strongly pitch, step and duration enter while training")
      ->delimiter(',');
  c.add_option("--select", t.select, "what marks the best weights: total, pitch, step or duration")
      ->capture_default_str();
  c.add_option("--validation-interval", t.validation_interval,
               "iterations between validations, 0: four times an epoch");
  c.add_option("--validation-windows", t.validation_windows, "windows per validation, 0: all")->capture_default_str();
  c.add_option("--plateau", t.plateau_patience, "validations without improvement before the rate is halved, 0: never");
  c.add_option("--early-stop", t.early_stop_patience, "validations without improvement before it ends, 0: never");
  c.add_option("--seed", t.seed, "of initial weights and order")->capture_default_str();
  c.add_option("--threads", t.threads, "threads (default: all cores); the result does not depend on it");
  c.add_option("--device", o.device, "auto, cpu or cuda; notes are trained on the CPU")->capture_default_str();
  c.add_option("--fusion", o.fusion,
               "faces, on the GPU: rung of the fusion ladder: unfused (default, fp32), tensor (maps in bf16)");
}

void describe(engine::Model& model, const TrainCommand& c, const TrainingNotes& notes,
              const trainer::RunResult& result) {
  if (!c.clusters.empty()) model.clusters = open_clusters(c.clusters).clusters;
  if (!c.licence.empty()) model.card["licence"] = c.licence;
  if (!c.data_note.empty()) model.card["data"] = c.data_note;
  model.card["made_by"] = std::string("affetto ") + AFFETTO_VERSION;
  model.card["training"] = Json{{"pieces", notes.train.pieces()},
                                {"notes", notes.train.notes()},
                                {"iterations", result.iterations},
                                {"epochs", result.epochs},
                                {"best_iteration", result.best_validation.iteration}}
                               .dump();
}

Json summary(const TrainCommand& c, const trainer::TrainOptions& options, const TrainingNotes& notes,
             const trainer::RunResult& result) {
  Json best = {{"iteration", result.best_validation.iteration}, {"name", result.best_validation.name}};
  for (std::size_t i = 0; i < result.best_validation.losses.heads.size(); ++i) {
    best[options.spec.heads[i].name] = result.best_validation.losses.heads[i];
  }
  best["unigram_entropy"] = result.best_validation.unigram_entropy;
  return {{"file", c.output},
          {"ending", name_of(result.ending)},
          {"iterations", result.iterations},
          {"epochs", result.epochs},
          {"train_pieces", notes.train.pieces()},
          {"validation_pieces", notes.validation.pieces()},
          {"best", best}};
}

int run_train(const TrainCommand& c) {
  const trainer::TrainOptions options = resolve_train_options(c);
  RunFolder folder(c, options);
  const TrainingNotes notes = load_training_notes(c);
  if (!c.quiet && !c.json) {
    std::fprintf(stderr, "%zu pieces, %s notes to learn from, %zu pieces to validate on%s\n", notes.train.pieces(),
                 human_count(static_cast<double>(notes.train.notes())).c_str(), notes.validation.pieces(),
                 notes.from_cache ? " (from the cache)" : "");
  }
  const auto resume = folder.resume_point();
  trainer::RunResult result = trainer::train(options, notes.train, notes.validation, resume, folder, interrupt_token());
  if (result.ending == trainer::Ending::stopped) {
    throw Interrupted({"train", folder.path().string(),
                       "interrupted after iteration " + std::to_string(result.iterations) + "; a checkpoint is there",
                       "the same command with --resume goes on"});
  }
  folder.draw_curve();
  describe(result.best, c, notes, result);
  io::write_file(c.output, io::format_tensors(engine::table_from_model(result.best)), io::Existing::replace);
  const Json json = summary(c, options, notes, result);
  if (c.json) {
    std::printf("%s\n", json.dump(1).c_str());
  } else if (!c.quiet) {
    std::printf("%s: %s after %.2f epochs; the weights are those of iteration %lld\n", c.output.c_str(),
                name_of(result.ending), result.epochs, static_cast<long long>(result.best_validation.iteration));
  }
  return kDone;
}

}  // namespace

void add_train(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("train", "Train a model on a folder of MIDI files");
  auto options = std::make_shared<TrainCommand>();
  add_data(*command, *options);
  add_schedule(*command, *options);
  command->footer(
      "Examples:\n"
      "  affetto train --preset seed --data my-midi/ -o my-model.safetensors\n"
      "  affetto train --preset seed --data maestro/ --split maestro/maestro.csv -o seed.safetensors --resume\n"
      "  affetto train --preset face --data faces/ -o my-face.safetensors\n"
      "The defaults shown are those of notes; faces have their own, trainer/face/run.h.");
  command->callback([options, command, &run] {
    run = [options, command] {
      const auto was_given = [command](const std::string& name) { return command->count(name) > 0; };
      if (options->preset != kFacePreset) {
        for (const char* option : {"--vote-share", "--fusion"}) {
          if (was_given(option)) throw UsageError({"usage", option, "it is for --preset face", "leave it out"});
        }
        return run_train(*options);
      }
      const FaceTrainer trainer = resolve_face_trainer(options->device, options->fusion);
      return train_faces(*options, resolve_face_options(*options, was_given, trainer), trainer);
    };
  });
}

}  // namespace app
