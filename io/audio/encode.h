// Inside io/audio: the encoder, behind which the library stands or is absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/data/audio.h"

namespace io {

enum class AudioFormat { wav, flac, ogg };

/// The bytes of a file. @param path  for the error only. @throws WriteError, or engine::Error where the library is
/// absent
std::vector<std::uint8_t> encode_audio(const engine::Audio& audio, AudioFormat format,
                                       const std::filesystem::path& path);

}  // namespace io
