// A file appears whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "io/errors.h"

namespace io {

/// What to do with a file that is there already.
enum class Existing {
  refuse,   ///< leave it alone and throw
  replace,  ///< put the new one in its place, keeping its permissions (--force)
};

/// What must be true when the call returns.
enum class Durability {
  none,   ///< other programs see the file; a power cut may lose it
  fsync,  ///< file and name are on the disk
};

/// Writes `bytes` into a hidden file beside `path` and renames it, so that no reader ever sees a part of it. With
/// Existing::refuse the rename itself refuses an existing file: a race with another writer cannot replace one. A
/// symbolic link is followed and stays. A device, pipe or standard stream (/dev/stdout) has nothing to rename: bytes go
/// straight in. The folder must exist (ensure_directory in directories.h makes it).
/// @throws WriteError when anything fails; the hidden file is removed and an existing `path` is untouched. Only a
/// failed
///         fsync of the folder, the last step, leaves the new file in its place.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, Existing existing,
                Durability durability = Durability::none);
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes, Existing existing,
                Durability durability = Durability::none);
void write_file(const std::filesystem::path& path, std::string_view text, Existing existing,
                Durability durability = Durability::none);

}  // namespace io
