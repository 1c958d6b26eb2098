// What the program brings along and what it finds on the machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace app {

/// The primer that ships, embedded (app/assets/primer.mid).
std::span<const std::uint8_t> shipped_primer();

/// A weights file by name ("seed"): in $AFFETTO_WEIGHTS, beside the program (../share/affetto/weights), or in the
/// source tree that it was built from. Throws engine::ModelError that lists where it looked.
/// @param option  that names a file instead
std::filesystem::path find_weights(const std::string& name, const char* option = "--model");

/// The SoundFont that renders: $AFFETTO_SOUNDFONT, else the distribution's usual places. Nothing if there is none.
std::optional<std::filesystem::path> find_soundfont();
/// The package that brings one.
inline constexpr const char* kSoundfontHint =
    "apt-get install timgm6mb-soundfont, or name one with --soundfont FILE.sf2";

/// The folder of OpenCV's cascades: $AFFETTO_CASCADES, else the distribution's usual places; the first of these if
/// there is none.
std::filesystem::path find_cascades();
/// The package that brings them.
inline constexpr const char* kCascadesHint =
    "apt-get install opencv-data, or set AFFETTO_CASCADES to a folder of OpenCV's haarcascades";

}  // namespace app
