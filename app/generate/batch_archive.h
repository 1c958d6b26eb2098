// A batch as one .zip: the pieces, items.jsonl and run.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/generate/batch_indices.h"
#include "io/files/zip.h"

namespace app {

/// Whether -o names an archive.
bool is_archive(const std::filesystem::path& output);
/// Shards of one batch are archives of their own: pieces.zip becomes pieces.0-of-4.zip.
std::filesystem::path archive_path(const std::filesystem::path& output, const Shard& shard);

/// What one piece becomes.
struct PieceFiles {
  struct File {
    std::string name;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<File> files;
  std::string line;  ///< of items.jsonl
};

/// Pieces come as they are finished and enter in the order of their index, so that the archive does not depend on how
/// many are composed at once; no more wait than those that are. Nothing can be seen of it before finish().
class BatchArchive {
 public:
  /// @param order  the pieces that will come
  /// @throws io::WriteError, here and below
  BatchArchive(const std::filesystem::path& path, io::Existing existing, Indices order);
  /// By one thread.
  void add(std::uint64_t index, PieceFiles piece);
  void finish(const nlohmann::ordered_json& run);

 private:
  io::ZipFile zip_;
  Indices order_;
  std::optional<std::uint64_t> next_;
  std::map<std::uint64_t, PieceFiles> waiting_;
  std::string items_;
};

}  // namespace app
