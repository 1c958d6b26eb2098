// General MIDI level 1 instruments by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine {

/// A program by number (0 to 127), or by name: case, spaces and punctuation do not count, and a part of a name means
/// the lowest program that has it ("violin" is 40, "piano" is 0). Nothing if no name fits.
std::optional<std::uint8_t> find_instrument(const std::string& text);
/// Name of a program.
const char* instrument_name(std::uint8_t program);

}  // namespace engine
