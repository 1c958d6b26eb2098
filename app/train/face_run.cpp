#include "app/train/face_run.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/train/endings.h"
#include "app/train/face_pictures.h"
#include "app/train/run_store.h"
#include "io/draw/draw.h"
#include "io/errors.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

/// The sink of a run: stores what comes, prints how it goes.
class FaceRunFolder final : public trainer::FaceSink {
 public:
  FaceRunFolder(const TrainCommand& command)
      : command_(command), store_(command.output, command.resume, command.force) {}

  std::optional<engine::TensorTable> resume_point() {
    if (!command_.resume) {
      store_.start(command_.force);
      return std::nullopt;
    }
    engine::TensorTable table = io::read_tensors(store_.checkpoint());
    const auto at = table.metadata.find("trainer.iteration");
    store_.resume(at == table.metadata.end() ? 0 : std::strtoll(at->second.c_str(), nullptr, 10));
    return table;
  }
  const std::filesystem::path& path() const { return store_.path(); }

  void on_progress(const trainer::FaceProgress& p) override {
    store_.append({{"kind", "train"},
                   {"iteration", p.iteration},
                   {"epoch", p.epoch},
                   {"seconds", p.seconds},
                   {"loss", p.loss},
                   {"accuracy", p.accuracy},
                   {"learning_rate", p.learning_rate},
                   {"gradient_norm", p.gradient_norm},
                   {"pictures_per_s", p.pictures_per_s}});
    if (command_.quiet || command_.json) return;
    const bool terminal = isatty(STDERR_FILENO) == 1;
    if (!terminal && p.seconds - last_print_s_ < 10) return;
    last_print_s_ = p.seconds;
    std::fprintf(stderr, "%sepoch %.2f, iteration %lld/%lld, loss %.4f, accuracy %.3f, %s pictures/s, %s left%s",
                 terminal ? "\r\033[K" : "", p.epoch, static_cast<long long>(p.iteration),
                 static_cast<long long>(p.iterations), p.loss, p.accuracy, human_count(p.pictures_per_s).c_str(),
                 human_seconds(p.eta_s).c_str(), terminal ? "" : "\n");
    std::fflush(stderr);
  }

  void on_validation(const trainer::FaceValidation& v) override {
    store_.append({{"kind", "validation"},
                   {"iteration", v.iteration},
                   {"epoch", v.epoch},
                   {"loss", v.scores.loss},
                   {"accuracy", v.scores.accuracy},
                   {"balanced_accuracy", v.scores.balanced_accuracy},
                   {"calibration_error", v.scores.calibration_error},
                   {"best", v.best},
                   {"improved", v.improved}});
    draw_curve();
    if (command_.quiet || command_.json) return;
    std::fprintf(stderr, "%svalidation, %zu pictures: accuracy %.4f, balanced %.4f, loss %.4f%s\n",
                 isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "", v.scores.pictures, v.scores.accuracy,
                 v.scores.balanced_accuracy, v.scores.loss, v.improved ? " (best)" : "");
  }

  void on_best(const engine::FaceModel& model, const trainer::FaceValidation&) override {
    store_.keep_best(engine::table_from_face_model(model));
  }
  void on_checkpoint(const engine::TensorTable& checkpoint, trainer::CheckpointReason) override {
    store_.keep_checkpoint(checkpoint);
  }

  void draw_curve() const {
    io::LineChart chart;
    chart.title = "Accuracy of " + std::filesystem::path(command_.output).filename().string();
    chart.x_label = "epoch";
    chart.y_label = "share of pictures read right";
    io::Series train{"training, augmented", {}}, validation{"validation", {}};
    for (const Json& line : store_.metrics()) {
      if (!line.contains("accuracy") || !line["accuracy"].is_number() || !line.contains("epoch")) continue;
      auto& series = line.value("kind", "") == "validation" ? validation : train;
      series.points.push_back({line["epoch"].get<double>(), line["accuracy"].get<double>()});
    }
    chart.series = {train, validation};
    io::write_file(path() / "accuracy.svg", io::draw_lines(chart), io::Existing::replace);
  }

 private:
  const TrainCommand& command_;
  RunStore store_;
  double last_print_s_ = -1e9;
};

LabelledFaces& part(FaceCorpus& corpus, const std::string& name, const TrainCommand& c) {
  const auto at = corpus.parts.find(name);
  if (at != corpus.parts.end()) return at->second;
  throw io::FormatError({"train", c.data.front(), "it has no pictures for the part '" + name + "'",
                         "name a part for each picture (train, val) or for none"});
}

void describe(engine::FaceModel& model, const TrainCommand& c, const trainer::FaceRunResult& result,
              std::size_t pictures) {
  if (!c.licence.empty()) model.card["licence"] = c.licence;
  if (!c.data_note.empty()) model.card["data"] = c.data_note;
  model.card["made_by"] = std::string("affetto ") + AFFETTO_VERSION;
  model.card["training"] = Json{{"pictures", pictures},
                                {"iterations", result.iterations},
                                {"epochs", result.epochs},
                                {"best_iteration", result.best_validation.iteration}}
                               .dump();
}

}  // namespace

int train_faces(const TrainCommand& c, const trainer::FaceTrainOptions& options, const FaceTrainer& trainer) {
  FaceRunFolder folder(c);
  FaceCorpus corpus = read_face_corpus(
      c.data.front(), options.spec,
      {.vote_share = c.vote_share, .validation_fraction = c.validation_fraction, .threads = options.threads});
  const LabelledFaces& train = part(corpus, "train", c);
  const LabelledFaces& validation = part(corpus, "validation", c);
  if (!c.quiet && !c.json) {
    std::fprintf(stderr, "%zu faces to learn from, %zu to validate on\n", train.set.count(), validation.set.count());
  }
  const auto resume = folder.resume_point();
  trainer::FaceRunResult result =
      trainer::train_face(options, train.set, validation.set, resume, folder, interrupt_token());
  if (result.ending == trainer::Ending::stopped) {
    throw Interrupted({"train", folder.path().string(),
                       "interrupted after iteration " + std::to_string(result.iterations) + "; a checkpoint is there",
                       "the same command with --resume goes on"});
  }
  folder.draw_curve();
  describe(result.best, c, result, train.set.count());
  io::write_file(c.output, io::format_tensors(engine::table_from_face_model(result.best)), io::Existing::replace);
  const Json json = {
      {"file", c.output},
      {"device", trainer.name()},
      {"fusion", trainer.fusion_name()},
      {"ending", name_of(result.ending)},
      {"iterations", result.iterations},
      {"epochs", result.epochs},
      {"train_pictures", train.set.count()},
      {"validation_pictures", validation.set.count()},
      {"left_out", corpus.left_out},
      {"best", {{"iteration", result.best_validation.iteration}, {"accuracy", result.best_validation.best}}}};
  if (c.json) {
    std::printf("%s\n", json.dump(1).c_str());
  } else if (!c.quiet) {
    std::printf("%s: %s after %.2f epochs on %s; the weights are those of iteration %lld, accuracy %.4f\n",
                c.output.c_str(), name_of(result.ending), result.epochs, trainer.name().c_str(),
                static_cast<long long>(result.best_validation.iteration), result.best_validation.best);
  }
  return kDone;
}

}  // namespace app
