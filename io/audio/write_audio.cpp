#include "io/audio/write_audio.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <stdexcept>

#include "io/audio/encode.h"

namespace io {
namespace {

struct Extension {
  std::string_view name;
  AudioFormat format;
};
constexpr std::array<Extension, 3> kExtensions = {
    {{"wav", AudioFormat::wav}, {"flac", AudioFormat::flac}, {"ogg", AudioFormat::ogg}}};

std::optional<AudioFormat> format_of(std::string_view extension) {
  if (extension.starts_with('.')) extension.remove_prefix(1);
  const auto same = [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); };
  for (const Extension& known : kExtensions) {
    if (std::equal(known.name.begin(), known.name.end(), extension.begin(), extension.end(), same)) return known.format;
  }
  return std::nullopt;
}

void check(const engine::Audio& audio) {
  if (audio.sample_rate >= 1 && audio.channels >= 1 &&
      audio.samples.size() % static_cast<std::size_t>(audio.channels) == 0) {
    return;
  }
  throw std::invalid_argument("write_audio: " + std::to_string(audio.samples.size()) + " samples in " +
                              std::to_string(audio.channels) + " channels at " + std::to_string(audio.sample_rate) +
                              " frames a second; expected whole frames, and both at least 1");
}

}  // namespace

bool audio_extension_supported(std::string_view extension) { return format_of(extension).has_value(); }

std::string audio_extensions() {
  std::string names;
  for (const Extension& known : kExtensions) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

bool can_write_audio() noexcept {
#ifdef AFFETTO_HAVE_SNDFILE
  return true;
#else
  return false;
#endif
}

void write_audio(const std::filesystem::path& path, const engine::Audio& audio, Existing existing) {
  const std::string extension = path.extension().string();
  const std::optional<AudioFormat> format = format_of(extension);
  if (!format) {
    throw engine::Error({.what = "write audio",
                         .where = path.string(),
                         .why = extension.empty() ? "the name has no extension" : "unknown extension " + extension,
                         .hint = "end the name in one of: " + audio_extensions()});
  }
  check(audio);
  write_file(path, encode_audio(audio, *format, path), existing);
}

}  // namespace io
