// Files that commands read: models, clusters, primers, folders of MIDI.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/note.h"
#include "engine/model/model.h"

namespace app {

/// A weights file of whatever kind.
struct OpenedTable {
  engine::TensorTable table;
  std::filesystem::path file;
  std::string sha256;  ///< of the file's bytes
};

/// @throws engine::ModelError for a file that is no safetensors; io::FormatError if unreadable
OpenedTable open_table(const std::filesystem::path& file);

struct OpenedModel {
  engine::Model model;
  std::filesystem::path file;
  std::string sha256;  ///< of the file's bytes
};

/// @param file  empty: the weights that ship
/// Throws engine::ModelError (also for a file that is no safetensors) with exit code 4; io::FormatError if unreadable.
OpenedModel open_model(const std::string& file);

struct OpenedClusters {
  engine::Clusters clusters;
  std::string sha256;
};
OpenedClusters open_clusters(const std::string& file);

/// A score from a MIDI file, its warnings printed (a few, then their number).
engine::Score open_score(const std::filesystem::path& file, bool strict);
/// The same from memory.
engine::Score open_score(std::span<const std::uint8_t> bytes, const std::string& name, bool strict);

/// The MIDI files (.mid, .midi, .kar, .rmi in any case) of a folder and its subfolders in path order, links followed
/// (a link to a folder above is not walked twice); or the one file itself.
/// Throws io::FormatError if there is none.
std::vector<std::filesystem::path> midi_files(const std::filesystem::path& file_or_folder);

/// A piece of a folder; notes are empty where the file could not be read.
struct FolderPiece {
  std::filesystem::path file;
  std::vector<engine::Note> notes;  ///< all melodic tracks merged
  std::string problem;              ///< why it was left out; empty otherwise
};
/// Reads all files on all cores. The result is in the order of `files`.
std::vector<FolderPiece> read_folder(const std::vector<std::filesystem::path>& files, bool strict);

}  // namespace app
