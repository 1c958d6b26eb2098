// One .zip instead of a hundred thousand files; it appears whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "io/errors.h"
#include "io/files/write_file.h"

namespace io {

/// Entries are stored as they are: a MIDI file of a few kilobytes gains less by packing than that takes. More than
/// 65,535 entries and 4 GB are there by the format's 64-bit form, which every reader of the last decade knows.
class ZipFile {
 public:
  /// Nothing can be seen of it before finish(). @throws WriteError, also where `path` exists and is to be left alone,
  /// and where this build has no libarchive
  ZipFile(const std::filesystem::path& path, Existing existing);
  ~ZipFile();  ///< without finish(): nothing is left
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  /// @param name  with / between folders, if any. @throws WriteError
  void add(const std::string& name, std::span<const std::uint8_t> bytes);
  /// Completes the archive and gives it its name. @throws WriteError
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether this build has libarchive.
bool can_write_zip() noexcept;

}  // namespace io
