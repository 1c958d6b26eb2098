#include "app/train/run_folder.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/glue/exit_codes.h"
#include "app/glue/progress.h"
#include "io/draw/draw.h"
#include "io/errors.h"
#include "io/files/directories.h"
#include "io/files/read_file.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json losses_json(const trainer::TrainOptions& options, const trainer::Losses& losses) {
  Json json = {{"total", losses.total}};
  for (std::size_t i = 0; i < losses.heads.size(); ++i) json[options.spec.heads[i].name] = losses.heads[i];
  json["pitch_accuracy"] = losses.accuracy();
  return json;
}

std::string losses_text(const trainer::TrainOptions& options, const trainer::Losses& losses) {
  std::string text;
  char number[64];
  for (std::size_t i = 0; i < losses.heads.size(); ++i) {
    std::snprintf(number, sizeof number, "%s%s %.4f", i ? ", " : "", options.spec.heads[i].name.c_str(),
                  losses.heads[i]);
    text += number;
  }
  return text;
}

}  // namespace

RunFolder::RunFolder(const TrainCommand& command, const trainer::TrainOptions& options)
    : command_(command), options_(options), store_(command.output, command.resume, command.force) {}

std::optional<trainer::Checkpoint> RunFolder::resume_point() {
  if (!command_.resume) {
    store_.start(command_.force);
    return std::nullopt;
  }
  const fs::path file = store_.checkpoint();
  trainer::Checkpoint checkpoint = trainer::checkpoint_from_table(io::read_tensors(file), file.string());
  store_.resume(checkpoint.iteration);
  return checkpoint;
}

void RunFolder::on_progress(const trainer::Progress& p) {
  Json line = {{"kind", "train"}, {"iteration", p.iteration}, {"epoch", p.epoch}, {"seconds", p.seconds}};
  line.update(losses_json(options_, p.losses));
  line.update(
      {{"learning_rate", p.learning_rate}, {"gradient_norm", p.gradient_norm}, {"sequences_per_s", p.sequences_per_s}});
  store_.append(line);
  print(p);
}

void RunFolder::print(const trainer::Progress& p) {
  if (command_.quiet || command_.json) return;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  if (!terminal && p.seconds - last_print_s_ < 10) return;
  last_print_s_ = p.seconds;
  std::fprintf(stderr,
               terminal ? "\r\033[Kepoch %.2f, iteration %lld/%lld, %s, %s sequences/s, %s left%s"
                        : "epoch %.2f, iteration %lld/%lld, %s, %s sequences/s, %s left%s\n",
               p.epoch, static_cast<long long>(p.iteration), static_cast<long long>(p.iterations),
               losses_text(options_, p.losses).c_str(), human_count(p.sequences_per_s).c_str(),
               human_seconds(p.eta_s).c_str(), last_validation_.c_str());
  std::fflush(stderr);
}

void RunFolder::on_validation(const trainer::Validation& v) {
  Json line = {{"kind", "validation"}, {"iteration", v.iteration}, {"epoch", v.epoch}, {"name", v.name}};
  line.update(losses_json(options_, v.losses));
  line.update(
      {{"selected", v.selected}, {"best", v.best}, {"improved", v.improved}, {"unigram_entropy", v.unigram_entropy}});
  store_.append(line);
  draw_curve();
  if (command_.quiet || command_.json) return;
  std::fprintf(stderr, "%s%s: %s, accuracy %.3f, unigram %.4f%s\n", isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "",
               v.name.c_str(), losses_text(options_, v.losses).c_str(), v.losses.accuracy(), v.unigram_entropy,
               v.improved ? " (best)" : "");
}

void RunFolder::on_best(const engine::Model& model, const trainer::Validation&) {
  store_.keep_best(engine::table_from_model(model));
}

void RunFolder::on_checkpoint(const engine::TensorTable& checkpoint, trainer::CheckpointReason) {
  store_.keep_checkpoint(checkpoint);
}

void RunFolder::draw_curve() const {
  io::LineChart chart;
  chart.title = "Loss of " + fs::path(command_.output).filename().string();
  chart.x_label = "iteration";
  chart.y_label = "total loss";
  chart.log_y = true;  // the first iterations would flatten all the rest
  io::Series train{"training", {}}, validation{"validation", {}};
  for (const Json& line : store_.metrics()) {
    if (!line.contains("total") || !line["total"].is_number()) continue;
    auto& series = line.value("kind", "") == "validation" ? validation : train;
    series.points.push_back({line["iteration"].get<double>(), line["total"].get<double>()});
  }
  chart.series = {train, validation};
  io::write_file(path() / "loss.svg", io::draw_lines(chart), io::Existing::replace);
}

}  // namespace app
