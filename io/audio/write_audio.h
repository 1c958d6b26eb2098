// Sound to a file: WAV and FLAC with 16 bits, Ogg Vorbis.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/data/audio.h"
#include "io/errors.h"
#include "io/files/write_file.h"

namespace io {

/// Whether a file name of this extension can be written; "wav" and ".wav" are the same, capitals too.
bool audio_extension_supported(std::string_view extension);

/// "wav, flac, ogg"
std::string audio_extensions();

/// Whether this build can write sound at all (it was built with libsndfile).
bool can_write_audio() noexcept;

/// Encodes `audio` in memory and writes it whole or not at all; the extension of `path` chooses the format. Samples
/// beyond full scale are clipped, NaN is silence; 1 becomes 32767. Vorbis is encoded at quality 0.6 of 1.
/// No samples at all make a valid file; FLAC then holds one silent frame, as its encoder writes no header before a
/// frame. WAV and FLAC: the same audio gives the same bytes. Ogg: not so, a stream carries a number drawn at random.
/// @throws engine::Error for an unknown extension, or a build without libsndfile; std::invalid_argument for a sample
/// rate
///         or a number of channels below 1, or samples that are not whole frames; WriteError if the format cannot hold
///         the sound (its rate, channels or length), or the file could not be written
void write_audio(const std::filesystem::path& path, const engine::Audio& audio, Existing existing);

}  // namespace io
