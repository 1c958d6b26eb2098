// A SoundFont of one sine, made byte by byte, so that tests of sound need none of the system's.
#pragma once

#include <filesystem>
#include <vector>

namespace test {

struct SoundfontPreset {
  int bank = 0;  ///< 128: drums
  int program = 0;
};

/// Frequency of the sine when key 69 is down, in Hz: a period of 100 frames at 44.1 kHz.
inline constexpr double kSineHz = 441;

/// Writes a SoundFont 2.01 in which every preset plays the same looped sine.
void write_tiny_soundfont(const std::filesystem::path& file, const std::vector<SoundfontPreset>& presets);

}  // namespace test
