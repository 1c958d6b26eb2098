// Folders: the ones that output goes to, and the one for what can be made again.
#pragma once

#include <filesystem>

#include "io/errors.h"

namespace io {

/// Makes `path` and the folders above it; nothing happens if it is there. @throws WriteError
void ensure_directory(const std::filesystem::path& path);

/// Whether `path` is a folder in which this process may create files. Throws nothing.
bool is_writable_directory(const std::filesystem::path& path) noexcept;

/// Where prepared data is kept: $AFFETTO_CACHE, else $XDG_CACHE_HOME/affetto, else $HOME/.cache/affetto. An empty
/// variable counts as absent, and a relative $XDG_CACHE_HOME too, as its specification asks. The folder need not exist.
/// @throws WriteError if none of the three is set
std::filesystem::path cache_directory();

}  // namespace io
