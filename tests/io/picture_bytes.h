// Files of pictures, built byte by byte for tests: no library has a hand in them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace test {

using Bytes = std::vector<std::uint8_t>;

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }
inline void append_text(Bytes& to, const std::string& text) { to.insert(to.end(), text.begin(), text.end()); }
inline Bytes big_endian(std::uint64_t value, int size) {
  Bytes bytes;
  for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return bytes;
}
inline Bytes little_endian(std::uint64_t value, int size) {
  const Bytes bytes = big_endian(value, size);
  return {bytes.rbegin(), bytes.rend()};
}

/// The TIFF structure of an EXIF block that states this orientation and nothing else.
inline Bytes exif_block(int orientation, bool big = true) {
  const auto number = big ? big_endian : little_endian;
  Bytes bytes(2, big ? 'M' : 'I');
  for (const auto& [value, size] :
       {std::pair{42, 2}, {8, 4}, {1, 2}, {0x0112, 2}, {3, 2}, {1, 4}, {orientation, 2}, {0, 2}, {0, 4}}) {
    append(bytes, number(static_cast<std::uint64_t>(value), size));
  }
  return bytes;
}

/// A PNG as its header says it: samples are asked for one by one, and stored without packing.
struct Png {
  int width = 1, height = 1, depth = 8;
  int colour = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
  bool interlaced = false;
  std::function<int(int x, int y, int channel)> sample = [](int, int, int) { return 0; };
  std::vector<std::pair<std::string, Bytes>> chunks = {};  ///< before the pixels: PLTE, tRNS, eXIf

  int channels() const { return colour == 2 ? 3 : colour == 6 ? 4 : colour == 4 ? 2 : 1; }
};

inline std::uint32_t crc32(const Bytes& bytes) {
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int k = 0; k < 8; ++k) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

inline Bytes png_chunk(const std::string& name, const Bytes& content) {
  Bytes body(name.begin(), name.end());
  append(body, content);
  Bytes chunk = big_endian(content.size(), 4);
  append(chunk, body);
  append(chunk, big_endian(crc32(body), 4));
  return chunk;
}

/// A zlib stream of stored blocks (RFC 1950 and 1951).
inline Bytes stored(const Bytes& content) {
  Bytes stream = {0x78, 0x01};
  constexpr std::size_t kBlock = 65535;
  for (std::size_t at = 0; at == 0 || at < content.size(); at += kBlock) {
    const std::size_t length = std::min(kBlock, content.size() - at);
    stream.push_back(at + length == content.size());
    append(stream, little_endian(length, 2));
    append(stream, little_endian(~length, 2));
    stream.insert(stream.end(), content.begin() + static_cast<std::ptrdiff_t>(at),
                  content.begin() + static_cast<std::ptrdiff_t>(at + length));
  }
  std::uint32_t a = 1, b = 0;
  for (const std::uint8_t byte : content) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  append(stream, big_endian(b << 16 | a, 4));
  return stream;
}

/// Rows of the pixels (x0 + i dx, y0 + j dy), each behind filter type 0.
inline void png_rows(const Png& png, Bytes& out, std::array<int, 4> grid) {
  const auto [x0, y0, dx, dy] = grid;
  if (x0 >= png.width) return;
  for (int y = y0; y < png.height; y += dy) {
    out.push_back(0);
    int filled = 8;
    for (int x = x0; x < png.width; x += dx) {
      for (int k = 0; k < png.channels(); ++k) {
        const int value = png.sample(x, y, k);
        if (png.depth >= 8) {
          append(out, big_endian(static_cast<std::uint64_t>(value), png.depth / 8));
          continue;
        }
        if (filled == 8) out.push_back(0), filled = 0;
        filled += png.depth;
        out.back() = static_cast<std::uint8_t>(out.back() | value << (8 - filled));
      }
    }
  }
}

inline Bytes png_bytes(const Png& png) {
  static constexpr std::array<std::array<int, 4>, 7> kAdam7 = {
      {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, head, rows;
  append(head, big_endian(static_cast<std::uint64_t>(png.width), 4));
  append(head, big_endian(static_cast<std::uint64_t>(png.height), 4));
  append(head, {static_cast<std::uint8_t>(png.depth), static_cast<std::uint8_t>(png.colour), 0, 0, png.interlaced});
  append(file, png_chunk("IHDR", head));
  for (const auto& [name, content] : png.chunks) append(file, png_chunk(name, content));
  if (png.interlaced) {
    for (const auto& grid : kAdam7) png_rows(png, rows, grid);
  } else {
    png_rows(png, rows, {0, 0, 1, 1});
  }
  append(file, png_chunk("IDAT", stored(rows)));
  append(file, png_chunk("IEND", {}));
  return file;
}

inline Bytes pnm_bytes(const std::string& header, const Bytes& pixels) {
  Bytes file(header.begin(), header.end());
  append(file, pixels);
  return file;
}

}  // namespace test
