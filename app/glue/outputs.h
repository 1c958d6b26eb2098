// Files that commands write, and lines that they print.
#pragma once

#include <string>

#include "io/files/write_file.h"

namespace app {

inline io::Existing existing(bool force) { return force ? io::Existing::replace : io::Existing::refuse; }

/// Says before anything is computed that a file is in the way or its folder is missing. Nothing happens for an empty
/// name.
/// @throws io::WriteError
void check_free(const std::string& file, bool force);

/// Prints "name  value" on standard output, values below each other; control characters become spaces.
void print_row(const std::string& name, const std::string& value);

/// A number with `digits` places after the point: fixed(0.5, 2) is "0.50".
std::string fixed(double number, int digits);

/// "1 piece", "2 pieces"
std::string counted(std::size_t count, const std::string& noun);

}  // namespace app
