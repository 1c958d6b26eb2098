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

constexpr std::size_t kMaxMetricsBytes = 1 << 30;

fs::path folder_of(const std::string& output) {
  fs::path folder = output;
  folder.replace_extension(".run");
  return folder;
}

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

std::vector<Json> read_metrics(const fs::path& file) {
  std::vector<Json> lines;
  std::error_code error;
  if (!fs::exists(file, error)) return lines;
  for (const std::string& line : io::read_lines(file, kMaxMetricsBytes, "read metrics")) {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("iteration")) lines.push_back(std::move(json));
  }
  return lines;
}

}  // namespace

RunFolder::RunFolder(const TrainCommand& command, const trainer::TrainOptions& options)
    : command_(command), options_(options), folder_(folder_of(command.output)) {
  std::error_code error;
  const bool there = fs::exists(folder_, error) || fs::exists(command.output, error);
  if (there && !command.resume && !command.force) {
    throw io::WriteError({"train", folder_.string(), "a run is there already",
                          "go on with --resume, replace it with --force, or choose another -o"});
  }
  io::ensure_directory(folder_);
}

std::optional<trainer::Checkpoint> RunFolder::resume_point() {
  const fs::path metrics = folder_ / "metrics.jsonl";
  if (!command_.resume) {
    metrics_ = io::LineLog::create(metrics, command_.force ? io::Existing::replace : io::Existing::refuse);
    return std::nullopt;
  }
  const fs::path file = folder_ / "checkpoint.safetensors";
  trainer::Checkpoint checkpoint = trainer::checkpoint_from_table(io::read_tensors(file), file.string());
  keep_metrics_until(checkpoint.iteration);
  metrics_ = io::LineLog::resume(metrics);
  return checkpoint;
}

/// What was measured after the checkpoint will be measured again.
void RunFolder::keep_metrics_until(std::int64_t iteration) {
  std::string text;
  for (const Json& line : read_metrics(folder_ / "metrics.jsonl")) {
    if (line["iteration"].get<std::int64_t>() <= iteration) text += line.dump() + "\n";
  }
  io::write_file(folder_ / "metrics.jsonl", text, io::Existing::replace);
}

void RunFolder::on_progress(const trainer::Progress& p) {
  Json line = {{"kind", "train"}, {"iteration", p.iteration}, {"epoch", p.epoch}, {"seconds", p.seconds}};
  line.update(losses_json(options_, p.losses));
  line.update(
      {{"learning_rate", p.learning_rate}, {"gradient_norm", p.gradient_norm}, {"sequences_per_s", p.sequences_per_s}});
  metrics_->append(line.dump());
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
  metrics_->append(line.dump());
  draw_curve();
  if (command_.quiet || command_.json) return;
  std::fprintf(stderr, "%s%s: %s, accuracy %.3f, unigram %.4f%s\n", isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "",
               v.name.c_str(), losses_text(options_, v.losses).c_str(), v.losses.accuracy(), v.unigram_entropy,
               v.improved ? " (best)" : "");
}

void RunFolder::on_best(const engine::Model& model, const trainer::Validation&) {
  io::write_file(folder_ / "best.safetensors", io::format_tensors(engine::table_from_model(model)),
                 io::Existing::replace);
}

void RunFolder::on_checkpoint(const engine::TensorTable& checkpoint, trainer::CheckpointReason) {
  io::write_file(folder_ / "checkpoint.safetensors", io::format_tensors(checkpoint), io::Existing::replace,
                 io::Durability::fsync);
}

void RunFolder::draw_curve() const {
  io::LineChart chart;
  chart.title = "Loss of " + fs::path(command_.output).filename().string();
  chart.x_label = "iteration";
  chart.y_label = "total loss";
  chart.log_y = true;  // the first iterations would flatten all the rest
  io::Series train{"training", {}}, validation{"validation", {}};
  for (const Json& line : read_metrics(folder_ / "metrics.jsonl")) {
    if (!line.contains("total") || !line["total"].is_number()) continue;
    auto& series = line.value("kind", "") == "validation" ? validation : train;
    series.points.push_back({line["iteration"].get<double>(), line["total"].get<double>()});
  }
  chart.series = {train, validation};
  io::write_file(folder_ / "loss.svg", io::draw_lines(chart), io::Existing::replace);
}

}  // namespace app
