#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "io/audio/encode.h"
#include "io/errors.h"

namespace io {
namespace {

constexpr double kVorbisQuality = 0.6;  // about 190 kbit/s in stereo: piano tails stay clean
// Converted block by block: no second copy of a whole piece.
constexpr std::size_t kFramesPerCall = 2048;

/// A file in memory, as libsndfile's virtual file sees it. It seeks back to fill in its headers.
struct MemoryFile {
  std::vector<std::uint8_t> bytes;
  sf_count_t at = 0;

  static MemoryFile& of(void* self) { return *static_cast<MemoryFile*>(self); }
  static sf_count_t size(void* self) { return static_cast<sf_count_t>(of(self).bytes.size()); }
  static sf_count_t tell(void* self) { return of(self).at; }
  static sf_count_t seek(sf_count_t offset, int whence, void* self) {
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? tell(self) : size(self);
    if (base + offset < 0) return -1;
    return of(self).at = base + offset;
  }
  static sf_count_t read(void* to, sf_count_t count, void* self) {
    MemoryFile& file = of(self);
    const sf_count_t n = std::clamp<sf_count_t>(size(self) - file.at, 0, count);
    if (n > 0) std::memcpy(to, file.bytes.data() + file.at, static_cast<std::size_t>(n));
    file.at += n;
    return n;
  }
  static sf_count_t write(const void* from, sf_count_t count, void* self) {
    MemoryFile& file = of(self);
    const sf_count_t end = file.at + count;
    try {  // no exception may pass through a C library
      if (end > size(self)) file.bytes.resize(static_cast<std::size_t>(end));
    } catch (const std::exception&) {
      return 0;
    }
    if (count > 0) std::memcpy(file.bytes.data() + file.at, from, static_cast<std::size_t>(count));
    file.at = end;
    return count;
  }
};

int sndfile_format(AudioFormat format) {
  switch (format) {
    case AudioFormat::wav:
      return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    case AudioFormat::flac:
      return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
    case AudioFormat::ogg:
      return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
  }
  return 0;
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw WriteError({.what = "write audio",
                    .where = path.string(),
                    .why = why,
                    .hint = "try another format, or a sample rate of 44100 with 1 or 2 channels"});
}

float clipped(float sample) { return std::isnan(sample) ? 0.0f : std::clamp(sample, -1.0f, 1.0f); }

/// Writes all samples, converted block by block. @return whether all were taken
template <typename Sample, typename Convert, typename Write>
bool write_blocks(const engine::Audio& audio, Convert convert, Write write) {
  const std::size_t per_call = kFramesPerCall * static_cast<std::size_t>(audio.channels);
  std::vector<Sample> block;
  for (std::size_t at = 0; at < audio.samples.size(); at += per_call) {
    const auto begin = audio.samples.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = std::min(per_call, audio.samples.size() - at);
    block.resize(count);
    std::transform(begin, begin + static_cast<std::ptrdiff_t>(count), block.begin(), convert);
    if (write(block.data(), static_cast<sf_count_t>(count)) != static_cast<sf_count_t>(count)) return false;
  }
  return true;
}

bool write_samples(SNDFILE* file, const engine::Audio& audio, AudioFormat format) {
  if (format == AudioFormat::ogg) {
    return write_blocks<float>(audio, clipped,
                               [file](const float* p, sf_count_t n) { return sf_write_float(file, p, n); });
  }
  const auto to_16_bits = [](float sample) { return static_cast<short>(std::lrint(clipped(sample) * 32767.0f)); };
  return write_blocks<short>(audio, to_16_bits,
                             [file](const short* p, sf_count_t n) { return sf_write_short(file, p, n); });
}

}  // namespace

std::vector<std::uint8_t> encode_audio(const engine::Audio& audio, AudioFormat format,
                                       const std::filesystem::path& path) {
  constexpr std::size_t kMostWavSamples = 0x7fffff00;  // two bytes each, below the 4 GiB that the header can say
  if (format == AudioFormat::wav && audio.samples.size() > kMostWavSamples) {
    fail(path, std::to_string(audio.samples.size()) + " samples pass the 4 GiB of a WAV file");
  }
  SF_INFO info{};
  info.samplerate = audio.sample_rate;
  info.channels = audio.channels;
  info.format = sndfile_format(format);
  if (!sf_format_check(&info)) {
    fail(path, "the format cannot hold " + std::to_string(audio.channels) + " channels at " +
                   std::to_string(audio.sample_rate) + " frames a second");
  }
  SF_VIRTUAL_IO callbacks{MemoryFile::size, MemoryFile::seek, MemoryFile::read, MemoryFile::write, MemoryFile::tell};
  MemoryFile memory;
  std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open_virtual(&callbacks, SFM_WRITE, &info, &memory), sf_close);
  if (!file) fail(path, sf_strerror(nullptr));
  double quality = kVorbisQuality;
  if (format == AudioFormat::ogg) sf_command(file.get(), SFC_SET_VBR_ENCODING_QUALITY, &quality, sizeof quality);
  engine::Audio silence{.sample_rate = audio.sample_rate, .channels = audio.channels, .samples = {}};
  const bool nothing = format == AudioFormat::flac && audio.samples.empty();
  if (nothing) silence.samples.resize(static_cast<std::size_t>(audio.channels));
  if (!write_samples(file.get(), nothing ? silence : audio, format)) fail(path, sf_strerror(file.get()));
  // Closing writes the end of the stream and the lengths in the header.
  if (const int error = sf_close(file.release())) fail(path, sf_error_number(error));
  return std::move(memory.bytes);
}

}  // namespace io
