#include "app/inspect/content.h"

#include <algorithm>
#include <string_view>

#include "io/midi/read.h"

namespace app {
namespace {

using Bytes = std::span<const std::uint8_t>;
using std::string_view_literals::operator""sv;

bool has(Bytes bytes, std::size_t at, std::string_view mark) {
  return bytes.size() >= at + mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), mark,
                            [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

/// Eight bytes with the length of a JSON text that fits the file and begins with a brace.
bool is_tensors(Bytes bytes) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | bytes[static_cast<std::size_t>(i)];
  return length <= bytes.size() - 8;
}

bool is_audio(Bytes bytes) {
  if (has(bytes, 0, "RIFF") && has(bytes, 8, "WAVE")) return true;
  if (has(bytes, 0, "FORM") && (has(bytes, 8, "AIFF") || has(bytes, 8, "AIFC"))) return true;
  for (const std::string_view mark : {"fLaC"sv, "OggS"sv, "ID3"sv, "caff"sv, "RF64"sv}) {
    if (has(bytes, 0, mark)) return true;
  }
  if (has(bytes, 4, "ftyp")) return true;
  // A frame of MPEG audio: eleven bits of synchronisation, then neither version nor layer "reserved".
  return bytes.size() >= 4 && bytes[0] == 0xFF && (bytes[1] & 0xE0) == 0xE0 && (bytes[1] & 0x18) != 0x08 &&
         (bytes[1] & 0x06) != 0 && (bytes[2] & 0xF0) != 0xF0;
}

bool is_picture(Bytes bytes) {
  return has(bytes, 0, "\x89PNG") || has(bytes, 0, "\xFF\xD8\xFF") || has(bytes, 0, "GIF8") || has(bytes, 0, "BM");
}

bool is_text(Bytes bytes) {
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 512));
  return !head.empty() && std::ranges::all_of(head, [](std::uint8_t c) { return c >= 0x20 || (c >= 9 && c <= 13); });
}

}  // namespace

Content content_of(Bytes bytes) {
  if (io::looks_like_midi(bytes)) return Content::midi;
  if (is_tensors(bytes)) return Content::tensors;
  if (is_picture(bytes)) return Content::picture;
  if (is_audio(bytes)) return Content::audio;
  return is_text(bytes) ? Content::text : Content::unknown;
}

}  // namespace app
