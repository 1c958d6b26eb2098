// Names out of a file that anyone may have written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace io::midi {

inline constexpr std::size_t kMaxNameBytes = 256;

/// `bytes` as valid UTF-8 without control characters and without spaces at either end, at most kMaxNameBytes long.
/// Bytes that are not UTF-8 as a whole are taken as Latin-1.
std::string clean_text(std::string_view bytes);

}  // namespace io::midi
