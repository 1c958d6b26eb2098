#include "app/generate/batch_archive.h"

#include <span>

namespace app {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

bool is_archive(const std::filesystem::path& output) { return output.extension() == ".zip"; }

std::filesystem::path archive_path(const std::filesystem::path& output, const Shard& shard) {
  return shard.of > 1 ? std::filesystem::path(output).replace_extension(shard.suffix() + ".zip") : output;
}

BatchArchive::BatchArchive(const std::filesystem::path& path, io::Existing existing, Indices order)
    : zip_(path, existing), order_(std::move(order)), next_(order_.next()) {}

void BatchArchive::add(std::uint64_t index, PieceFiles piece) {
  waiting_.emplace(index, std::move(piece));
  while (next_ && !waiting_.empty() && waiting_.begin()->first == *next_) {
    const PieceFiles& first = waiting_.begin()->second;
    for (const PieceFiles::File& file : first.files) zip_.add(file.name, file.bytes);
    items_ += first.line + "\n";
    waiting_.erase(waiting_.begin());
    next_ = order_.next();
  }
}

void BatchArchive::finish(const nlohmann::ordered_json& run) {
  zip_.add("items.jsonl", bytes_of(items_));
  zip_.add("run.json", bytes_of(run.dump(1) + "\n"));
  zip_.finish();
}

}  // namespace app
