#include "app/train/run_store.h"

#include "io/errors.h"
#include "io/files/directories.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMetricsBytes = 1 << 30;

fs::path folder_of(const std::string& output) {
  fs::path folder = output;
  folder.replace_extension(".run");
  return folder;
}

}  // namespace

RunStore::RunStore(const std::string& output, bool resume, bool force) : folder_(folder_of(output)) {
  std::error_code error;
  const bool there = fs::exists(folder_, error) || fs::exists(output, error);
  if (there && !resume && !force) {
    throw io::WriteError({"train", folder_.string(), "a run is there already",
                          "go on with --resume, replace it with --force, or choose another -o"});
  }
  io::ensure_directory(folder_);
}

void RunStore::start(bool force) {
  metrics_ = io::LineLog::create(folder_ / "metrics.jsonl", force ? io::Existing::replace : io::Existing::refuse);
}

void RunStore::resume(std::int64_t iteration) {
  std::string text;
  for (const Json& line : metrics()) {
    if (line["iteration"].get<std::int64_t>() <= iteration) text += line.dump() + "\n";
  }
  io::write_file(folder_ / "metrics.jsonl", text, io::Existing::replace);
  metrics_ = io::LineLog::resume(folder_ / "metrics.jsonl");
}

std::vector<RunStore::Json> RunStore::metrics() const {
  std::vector<Json> lines;
  std::error_code error;
  const fs::path file = folder_ / "metrics.jsonl";
  if (!fs::exists(file, error)) return lines;
  for (const std::string& line : io::read_lines(file, kMaxMetricsBytes, "read metrics")) {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("iteration") && json["iteration"].is_number_integer())
      lines.push_back(std::move(json));
  }
  return lines;
}

void RunStore::keep_best(const engine::TensorTable& table) {
  io::write_file(folder_ / "best.safetensors", io::format_tensors(table), io::Existing::replace);
}

void RunStore::keep_checkpoint(const engine::TensorTable& table) {
  io::write_file(checkpoint(), io::format_tensors(table), io::Existing::replace, io::Durability::fsync);
}

}  // namespace app
