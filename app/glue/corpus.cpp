#include "app/glue/corpus.h"

#include <algorithm>

#include "app/glue/exit_codes.h"
#include "app/glue/split.h"
#include "io/errors.h"

namespace app {

std::vector<std::filesystem::path> corpus_files(const std::vector<std::string>& folders, const std::string& split) {
  std::vector<std::filesystem::path> files;
  for (const std::string& folder : folders) {
    const auto found = midi_files(folder);
    files.insert(files.end(), found.begin(), found.end());
  }
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return split.empty() ? files : select_split(files, split);
}

Corpus read_corpus_pieces(const std::vector<std::filesystem::path>& files, bool strict) {
  constexpr std::size_t kShown = 3;
  Corpus corpus;
  engine::Problem problem;
  for (FolderPiece& piece : read_folder(files, strict)) {
    if (piece.problem.empty()) {
      corpus.pieces.push_back(std::move(piece));
      continue;
    }
    problem = {"read MIDI", piece.file.string(), piece.problem, "name files with notes in them"};
    if (++corpus.left_out <= kShown && files.size() > 1) warn(piece.file.string() + ": left out: " + piece.problem);
  }
  if (corpus.pieces.empty()) {
    if (files.size() > 1) problem.why += "; nor could any other of " + std::to_string(files.size()) + " files be used";
    throw io::FormatError(problem);
  }
  if (corpus.left_out > kShown) warn("and " + std::to_string(corpus.left_out - kShown) + " more files left out");
  return corpus;
}

}  // namespace app
