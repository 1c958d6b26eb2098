// A batch's folder: run.json (what was asked, how it went) and items.jsonl (a line per finished piece).
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>

#include "app/generate/job.h"

namespace app {

class BatchFolder {
 public:
  /// @param shard  shards of one batch may share a folder: each has a run and an items file of its own
  BatchFolder(std::filesystem::path folder, const Shard& shard);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path run_file() const { return folder_ / ("run" + suffix_ + ".json"); }
  std::filesystem::path items_file() const { return folder_ / ("items" + suffix_ + ".jsonl"); }

  bool has_run() const;
  /// Throws io::FormatError for a run file that cannot be read.
  nlohmann::ordered_json read_run() const;
  /// Whole or not at all, and on the disk when it returns.
  void write_run(const nlohmann::ordered_json& run) const;
  /// Indices whose line says they are finished and whose file is there.
  std::unordered_set<std::uint64_t> finished_items() const;
  /// Puts the lines in the order of their index, the last line of an index counting: the same batch, the same file.
  void sort_items() const;

 private:
  std::filesystem::path folder_;
  std::string suffix_;
};

}  // namespace app
