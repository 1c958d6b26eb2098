// Inside io/picture: blocks of a PNG or WebP file by their names, for what the decoders leave out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "io/picture/decode.h"

namespace io {

/// Content of the first chunk of this name; empty if there is none, or its length passes the end of the file.
/// Source: PNG, third edition, 5.3 (chunk layout).
std::vector<std::uint8_t> png_block(Bytes file, std::string_view name);

/// The same for a RIFF chunk of a WebP file. Source: WebP Container Specification (RIFF chunk layout).
std::vector<std::uint8_t> webp_block(Bytes file, std::string_view name);

}  // namespace io
