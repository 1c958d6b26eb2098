#include "io/picture/tagged_blocks.h"

#include <algorithm>

namespace io {
namespace {

std::size_t number_at(Bytes file, std::size_t at, bool big_endian) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | file[at + (big_endian ? i : 3 - i)];
  return value;
}

bool named(Bytes file, std::size_t at, std::string_view name) {
  return std::equal(name.begin(), name.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

std::vector<std::uint8_t> copy(Bytes file, std::size_t at, std::size_t length) {
  const Bytes block = file.subspan(at, length);
  return {block.begin(), block.end()};
}

}  // namespace

std::vector<std::uint8_t> png_block(Bytes file, std::string_view name) {
  constexpr std::size_t kSignature = 8, kHead = 8, kChecksum = 4;
  for (std::size_t at = kSignature; at + kHead + kChecksum <= file.size();) {
    const std::size_t length = number_at(file, at, true);
    if (length > file.size() - at - kHead - kChecksum) break;
    if (named(file, at + 4, name)) return copy(file, at + kHead, length);
    at += kHead + length + kChecksum;
  }
  return {};
}

std::vector<std::uint8_t> webp_block(Bytes file, std::string_view name) {
  constexpr std::size_t kForm = 12, kHead = 8;
  for (std::size_t at = kForm; at + kHead <= file.size();) {
    const std::size_t length = number_at(file, at + 4, false);
    if (length > file.size() - at - kHead) break;
    if (named(file, at, name)) return copy(file, at + kHead, length);
    at += kHead + length + length % 2;
  }
  return {};
}

}  // namespace io
