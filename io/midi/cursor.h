// A place in the bytes of a file, and the numbers that stand there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace io::midi {

inline constexpr std::uint32_t kMaxVarlen = 0x0FFFFFFF;  ///< the largest number that four bytes of seven bits hold
inline constexpr std::size_t kMaxVarlenBytes = 4;

/// Offsets count from the start of the file; nothing beyond `end` is read.
struct Cursor {
  const std::uint8_t* data;
  std::size_t pos;
  std::size_t end;

  bool empty() const { return pos >= end; }
  std::size_t left() const { return end - pos; }
};

/// Reads a variable-length number, padded ones (more than four bytes, of value below 2^28) included.
/// @return false if the bytes end before the number does, or if it exceeds kMaxVarlen
inline bool read_varlen(Cursor& c, std::uint32_t& value) {
  value = 0;
  while (!c.empty()) {
    const std::uint8_t byte = c.data[c.pos++];
    value = value << 7 | (byte & 0x7Fu);
    if (byte < 0x80) return true;
    if (value > kMaxVarlen >> 7) return false;
  }
  return false;
}

/// Big-endian number of `count` bytes at `pos`; the caller has checked that they are there.
inline std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t pos, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[pos + i];
  return value;
}

}  // namespace io::midi
