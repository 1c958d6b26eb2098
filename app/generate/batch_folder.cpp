#include "app/generate/batch_folder.h"

#include <map>

#include "io/errors.h"
#include "io/files/line_log.h"
#include "io/files/read_file.h"
#include "io/files/write_file.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxRunBytes = 64 << 20;
constexpr std::size_t kMaxItemsBytes = std::size_t{4} << 30;

std::vector<std::string> item_lines(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  return io::read_lines(file, kMaxItemsBytes, "read batch");
}

/// A line as JSON, null for one that is none of ours.
Json parse_line(const std::string& line) {
  Json json = Json::parse(line, nullptr, false);
  const bool ours = json.is_object() && json.contains("index") && json["index"].is_number_unsigned();
  return ours ? json : Json();
}

}  // namespace

BatchFolder::BatchFolder(std::filesystem::path folder, const Shard& shard)
    : folder_(std::move(folder)), suffix_(shard.suffix()) {}

bool BatchFolder::has_run() const {
  std::error_code error;
  return std::filesystem::exists(run_file(), error);
}

Json BatchFolder::read_run() const {
  const auto bytes = io::read_file(run_file(), kMaxRunBytes, "resume batch");
  Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!json.is_object() || !json.contains("job") || !json.contains("seed") || !json["seed"].is_number_unsigned()) {
    throw io::FormatError({"resume batch", run_file().string(), "it is not a run file of Affetto's",
                           "start anew with --force or in another folder"});
  }
  return json;
}

void BatchFolder::write_run(const Json& run) const {
  io::write_file(run_file(), run.dump(1) + "\n", io::Existing::replace, io::Durability::fsync);
}

std::unordered_set<std::uint64_t> BatchFolder::finished_items() const {
  std::unordered_set<std::uint64_t> finished;
  for (const std::string& line : item_lines(items_file())) {
    const Json json = parse_line(line);
    if (json.is_null() || !json.contains("file") || !json["file"].is_string()) continue;
    // Only the name counts: a line must not lead out of the folder.
    const auto name = std::filesystem::path(json["file"].get<std::string>()).filename();
    std::error_code error;
    if (std::filesystem::is_regular_file(folder_ / name, error)) finished.insert(json["index"].get<std::uint64_t>());
  }
  return finished;
}

void BatchFolder::sort_items() const {
  std::map<std::uint64_t, std::string> by_index;
  for (const std::string& line : item_lines(items_file())) {
    const Json json = parse_line(line);
    if (!json.is_null()) by_index[json["index"].get<std::uint64_t>()] = line;
  }
  std::string text;
  for (const auto& [index, line] : by_index) text += line + "\n";
  io::write_file(items_file(), text, io::Existing::replace, io::Durability::fsync);
}

}  // namespace app
