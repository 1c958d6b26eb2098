// The one hash by which a recipe names content: models, clusters, long primers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace io {

/// SHA-256 of `bytes`. Source: FIPS 180-4, sections 5.1.1 (padding) and 6.2.2 (computation).
std::array<std::uint8_t, 32> sha256(std::span<const std::uint8_t> bytes) noexcept;

/// The same as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace io
