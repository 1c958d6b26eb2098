// Text inside JSON, for lines that are written one by one.
#pragma once

#include <string>

namespace bench {

/// Text as it stands between the quotes of a JSON string; control characters become blanks.
inline std::string json_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

}  // namespace bench
