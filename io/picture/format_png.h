// A picture as a PNG file.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/picture.h"
#include "io/errors.h"

namespace io {

/// Whether this build can (it was built with libpng).
bool can_write_png() noexcept;

/// The bytes of a PNG of 8 bits, grey or colour; write_file puts them in place. The same picture gives the same bytes.
/// @throws std::invalid_argument if the pixels are not width * height * channels, or channels neither 1 nor 3;
///         engine::Error in a build without libpng
std::vector<std::uint8_t> format_png(const engine::Picture& picture);

}  // namespace io
