#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "io/midi/read.h"

namespace io {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why, const std::string& hint) {
  throw FormatError({.what = "read MIDI", .where = file.string(), .why = why, .hint = hint});
}

[[noreturn]] void too_big(const std::filesystem::path& file) {
  refuse(file, "found more than " + std::to_string(kMaxMidiBytes) + " bytes, expected at most that",
         "split the file into shorter pieces");
}

std::string error_text(int number) { return std::generic_category().message(number); }

// Grows as bytes arrive: the size that the system tells is a first guess and may be 0 or change.
std::vector<std::uint8_t> read_all(const std::filesystem::path& file, std::FILE* handle, std::uint64_t guess) {
  constexpr std::size_t kLeast = std::size_t{64} << 10;
  std::vector<std::uint8_t> bytes(std::max<std::size_t>(kLeast, static_cast<std::size_t>(guess) + 1));
  std::size_t filled = 0;
  while (true) {
    filled += std::fread(bytes.data() + filled, 1, bytes.size() - filled, handle);
    if (std::ferror(handle) != 0) refuse(file, "cannot be read: " + error_text(errno), "check the file and its disk");
    if (filled > kMaxMidiBytes) too_big(file);
    if (filled < bytes.size()) break;
    bytes.resize(2 * bytes.size());
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

engine::Score read_midi(const std::filesystem::path& file, const MidiReadOptions& options) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    refuse(file, "no such file", "check its name and folder");
  }
  if (std::filesystem::is_directory(status)) refuse(file, "found a folder, expected a file", "name one file in it");
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  const std::uint64_t guess = error ? 0 : size;
  if (guess > kMaxMidiBytes) too_big(file);
  const std::unique_ptr<std::FILE, CloseFile> handle(std::fopen(file.c_str(), "rb"));
  if (!handle) refuse(file, "cannot be opened: " + error_text(errno), "check its permissions");
  (void)std::setvbuf(handle.get(), nullptr, _IONBF, 0);
  return parse_midi(read_all(file, handle.get(), guess), file.string(), options);
}

}  // namespace io
