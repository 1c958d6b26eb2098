// The pieces of folders, ready to be measured.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/glue/inputs.h"

namespace app {

/// The MIDI files of several folders or files, each once, in path order; of these one part of a split where asked for.
/// @param split  "CSV:NAME" as select_split() takes it, or empty for all
std::vector<std::filesystem::path> corpus_files(const std::vector<std::string>& folders, const std::string& split);

struct Corpus {
  std::vector<FolderPiece> pieces;  ///< those that could be read and have notes
  std::size_t left_out = 0;         ///< files that could not, told as warnings (three, then their number)
};
/// @throws io::FormatError if not one file is left; where there was only one, with what is wrong with it
Corpus read_corpus_pieces(const std::vector<std::filesystem::path>& files, bool strict);

}  // namespace app
