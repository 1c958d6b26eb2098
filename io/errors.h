// The two ways in which a file can fail.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/error.h"

namespace io {

/// A file that cannot be read or is not what it should be. Exit code 3.
struct FormatError : engine::Error {
  using Error::Error;
};

/// A file that could not be written. Exit code 6.
struct WriteError : engine::Error {
  using Error::Error;
};

}  // namespace io
