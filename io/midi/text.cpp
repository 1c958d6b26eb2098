#include "io/midi/text.h"

#include <cstdint>
#include <optional>

namespace io::midi {
namespace {

constexpr std::size_t kLooked = 4 * kMaxNameBytes;  // bytes looked at: a name is short, a text event may not be

// Takes one code point off the front of `s`; nothing if it is malformed, overlong, a surrogate or out of range.
std::optional<char32_t> next_utf8(std::string_view& s) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(s[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || s.size() < length) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return std::nullopt;
  s.remove_prefix(length);
  return point;
}

std::string encode(char32_t point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    if (!next_utf8(s)) return false;
  }
  return true;
}

// A cut in the middle of a code point must not turn the whole into Latin-1.
std::string_view cut(std::string_view s) {
  if (s.size() <= kLooked) return s;
  std::size_t length = kLooked;
  while (length > kLooked - 4 && (static_cast<std::uint8_t>(s[length]) & 0xC0) == 0x80) --length;
  return s.substr(0, length);
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

}  // namespace

std::string clean_text(std::string_view bytes) {
  std::string_view rest = cut(bytes);
  const bool utf8 = is_utf8(rest);
  std::string clean;
  while (!rest.empty()) {
    char32_t point = static_cast<std::uint8_t>(rest.front());
    if (utf8) {
      point = *next_utf8(rest);
    } else {
      rest.remove_prefix(1);
    }
    if (is_control(point) || (clean.empty() && point == ' ')) continue;
    const std::string encoded = encode(point);
    if (clean.size() + encoded.size() > kMaxNameBytes) break;
    clean += encoded;
  }
  while (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

}  // namespace io::midi
