// A file as bytes, never more than the caller can use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/errors.h"

namespace io {

/// Reads a regular file, pipe or standard stream (/dev/stdin) to its end.
/// @param max_bytes  the largest content accepted; memory grows with what was read, not with what a file claims
/// @param what       the attempt, for the error: "read MIDI"
/// @throws FormatError if it is missing, a folder, unreadable, or longer than max_bytes
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t max_bytes, const std::string& what);

}  // namespace io
