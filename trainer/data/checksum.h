// FNV-1a (Fowler, Noll & Vo), 64 bits: tells damage and difference, not malice.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trainer {

inline constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325u;

inline std::uint64_t fnv1a(std::span<const std::uint8_t> bytes, std::uint64_t hash = kFnvStart) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3u;
  return hash;
}
inline std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = kFnvStart) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3u;
  return hash;
}

}  // namespace trainer
