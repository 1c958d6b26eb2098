#include "app/train/notes.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "app/glue/split.h"
#include "io/errors.h"
#include "io/files/directories.h"
#include "io/files/read_file.h"
#include "io/files/sha256.h"
#include "io/files/write_file.h"

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCacheBytes = std::size_t{8} << 30;

std::vector<fs::path> all_files(const TrainCommand& command) {
  std::vector<fs::path> files;
  for (const std::string& folder : command.data) {
    const auto found = midi_files(folder);
    files.insert(files.end(), found.begin(), found.end());
  }
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

/// Names the content by path, size and time of every file, and by how it is read.
fs::path cache_file(const std::vector<fs::path>& files, bool strict) {
  std::string key = strict ? "strict 1\n" : "lenient 1\n";  // the number: raise it when reading changes
  for (const fs::path& file : files) {
    std::error_code error;
    key += fs::absolute(file, error).string() + ' ' + std::to_string(fs::file_size(file, error)) + ' ' +
           std::to_string(fs::last_write_time(file, error).time_since_epoch().count()) + '\n';
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(key.data());
  return io::cache_directory() / ("notes-" + io::sha256_hex({bytes, key.size()}).substr(0, 24) + ".bin");
}

std::optional<trainer::Corpus> read_cache(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  try {
    return trainer::corpus_from_bytes(io::read_file(file, kMaxCacheBytes, "read note cache"), file.string());
  } catch (const engine::Error& problem) {
    warn(std::string(problem.what()) + "; the MIDI files are read again");
    return std::nullopt;
  }
}

void write_cache(const fs::path& file, const trainer::Corpus& corpus) {
  try {
    io::ensure_directory(file.parent_path());
    io::write_file(file, trainer::to_bytes(corpus), io::Existing::replace);
  } catch (const engine::Error& problem) {
    warn(std::string(problem.what()) + "; the next run reads the MIDI files again");
  }
}

trainer::Corpus read_corpus(const std::vector<fs::path>& files, bool strict, std::size_t& left_out) {
  trainer::Corpus corpus;
  for (const FolderPiece& piece : read_folder(files, strict)) {
    if (!piece.problem.empty()) {
      if (++left_out <= 3) warn(piece.file.string() + ": left out: " + piece.problem);
      continue;
    }
    trainer::append_piece(corpus, piece.file.string(), piece.notes);
  }
  if (left_out > 3) warn("and " + std::to_string(left_out - 3) + " more files left out");
  return corpus;
}

trainer::Corpus pick(const trainer::Corpus& corpus, const std::vector<fs::path>& chosen) {
  std::map<std::string, std::size_t> index_of;
  for (std::size_t i = 0; i < corpus.pieces(); ++i) index_of[corpus.names[i]] = i;
  std::vector<std::size_t> indices;
  for (const fs::path& file : chosen) {
    if (const auto it = index_of.find(file.string()); it != index_of.end()) indices.push_back(it->second);
  }
  return trainer::select_pieces(corpus, indices);
}

}  // namespace

TrainingNotes load_training_notes(const TrainCommand& command) {
  TrainingNotes notes;
  const std::vector<fs::path> files = all_files(command);
  notes.files = files.size();
  const fs::path cache = cache_file(files, command.strict_midi);
  trainer::Corpus corpus;
  if (auto cached = read_cache(cache)) {
    corpus = std::move(*cached);
    notes.from_cache = true;
    notes.left_out = files.size() - corpus.pieces();
  } else {
    corpus = read_corpus(files, command.strict_midi, notes.left_out);
    write_cache(cache, corpus);
  }
  if (command.split.empty()) {
    if (corpus.pieces() < 2) {
      throw io::FormatError({"train", command.data.front(),
                             "it holds " + std::to_string(corpus.pieces()) +
                                 " pieces with notes; one to learn and one to validate on are needed",
                             "add more MIDI files"});
    }
    trainer::Split split = trainer::split_by_piece(corpus, command.validation_fraction, command.train.seed);
    notes.train = std::move(split.train);
    notes.validation = std::move(split.validation);
  } else {
    notes.train = pick(corpus, select_split(files, command.split + ":train"));
    notes.validation = pick(corpus, select_split(files, command.split + ":validation"));
  }
  return notes;
}

}  // namespace app
