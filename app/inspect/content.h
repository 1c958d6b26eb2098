// What kind of file these bytes are, whatever the name says.
#pragma once

#include <cstdint>
#include <span>

namespace app {

enum class Content { midi, tensors, audio, picture, text, unknown };

/// By the first bytes: MThd or RMID; a safetensors header; WAV, AIFF, FLAC, Ogg, MP3, MP4 or CAF; PNG, JPEG, GIF or
/// BMP; printable text. An empty file is unknown.
Content content_of(std::span<const std::uint8_t> bytes);

}  // namespace app
