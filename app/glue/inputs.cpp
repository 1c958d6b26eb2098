#include "app/glue/inputs.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "engine/data/notes.h"
#include "io/errors.h"
#include "io/files/read_file.h"
#include "io/files/sha256.h"
#include "io/midi/read.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxModelBytes = std::size_t{1} << 31;  // 2 GB: a hundred times the largest preset
constexpr std::size_t kMaxClusterBytes = 1'000'000;

bool is_midi_name(const fs::path& file) {
  std::string extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".mid" || extension == ".midi" || extension == ".kar" || extension == ".rmi";
}

void walk(const fs::path& folder, std::set<fs::path>& seen, std::vector<fs::path>& files) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error || !seen.insert(real).second) return;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      walk(entry.path(), seen, files);
    } else if (entry.is_regular_file(ignored) && is_midi_name(entry.path())) {
      files.push_back(entry.path());
    }
  }
  if (error) warn("read folder: " + folder.string() + ": " + error.message());
}

void print_warnings(const std::string& name, const std::vector<std::string>& warnings) {
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(kShown, warnings.size()); ++i) warn(name + ": " + warnings[i]);
  if (warnings.size() > kShown) warn(name + ": and " + std::to_string(warnings.size() - kShown) + " more");
}

void read_piece(FolderPiece& piece, bool strict) {
  try {
    piece.notes = engine::to_notes(io::read_midi(piece.file, {.strict = strict}));
    if (piece.notes.empty()) piece.problem = "it has no melodic notes";
  } catch (const engine::Error& error) {
    piece.problem = error.problem().why;
  }
}

}  // namespace

OpenedTable open_table(const fs::path& file) {
  const auto bytes = io::read_file(file, kMaxModelBytes, "open model");
  try {
    return {io::parse_tensors(bytes, file.string()), file, io::sha256_hex(bytes)};
  } catch (const io::FormatError& error) {
    engine::Problem problem = error.problem();
    problem.what = "open model";
    throw engine::ModelError(problem);  // a model that is no model: exit code 4, whatever layer noticed
  }
}

OpenedModel open_model(const std::string& file) {
  OpenedTable opened = open_table(file.empty() ? find_weights("seed") : fs::path(file));
  return {engine::model_from_table(std::move(opened.table), opened.file.string()), opened.file, opened.sha256};
}

OpenedClusters open_clusters(const std::string& file) {
  const auto bytes = io::read_file(file, kMaxClusterBytes, "read clusters");
  return {engine::parse_clusters(std::string(bytes.begin(), bytes.end()), file), io::sha256_hex(bytes)};
}

engine::Score open_score(const fs::path& file, bool strict) {
  engine::Score score = io::read_midi(file, {.strict = strict});
  print_warnings(file.string(), score.warnings);
  return score;
}

engine::Score open_score(std::span<const std::uint8_t> bytes, const std::string& name, bool strict) {
  engine::Score score = io::parse_midi(bytes, name, {.strict = strict});
  print_warnings(name, score.warnings);
  return score;
}

std::vector<fs::path> midi_files(const fs::path& file_or_folder) {
  std::error_code error;
  if (!fs::exists(file_or_folder, error)) {
    throw io::FormatError({"read folder", file_or_folder.string(), "it does not exist", "check the path"});
  }
  std::vector<fs::path> files;
  if (!fs::is_directory(file_or_folder, error)) {
    files.push_back(file_or_folder);
  } else {
    std::set<fs::path> seen;
    walk(file_or_folder, seen, files);
  }
  if (files.empty()) {
    throw io::FormatError({"read folder", file_or_folder.string(), "it holds no MIDI file (.mid, .midi, .kar, .rmi)",
                           "name a folder with MIDI files in it"});
  }
  std::ranges::sort(files);
  return files;
}

std::vector<FolderPiece> read_folder(const std::vector<fs::path>& files, bool strict) {
  std::vector<FolderPiece> pieces(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) pieces[i].file = files[i];
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < pieces.size(); i = next++) read_piece(pieces[i], strict);
  };
  std::vector<std::jthread> readers;
  for (unsigned i = 1; i < std::thread::hardware_concurrency() && i < files.size(); ++i) readers.emplace_back(work);
  work();
  readers.clear();
  return pieces;
}

}  // namespace app
