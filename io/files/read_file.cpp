#include "io/files/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/files/descriptor.h"

namespace io {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;

std::string hint_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "check the name and the folder you are in";
    case EACCES:
    case EPERM:
      return "make it readable: chmod u+r, or ask its owner";
    case EISDIR:
      return "name a file inside that folder";
    default:
      return "check that the disk is healthy and mounted";
  }
}

struct Reading {
  const std::filesystem::path& path;
  std::size_t max_bytes;
  const std::string& what;

  [[noreturn]] void fail(int error) const {
    throw FormatError({.what = what, .where = path.string(), .why = errno_text(error), .hint = hint_for(error)});
  }
  [[noreturn]] void fail_too_big(const std::string& found) const {
    throw FormatError({.what = what,
                       .where = path.string(),
                       .why = "holds " + found + " bytes; at most " + std::to_string(max_bytes) + " are read",
                       .hint = "check that this is the file you meant"});
  }
};

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t max_bytes, const std::string& what) {
  const Reading reading{path, max_bytes, what};
  const Descriptor file = open_file(path, O_RDONLY);
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0) reading.fail(errno);
  if (S_ISDIR(info.st_mode)) reading.fail(EISDIR);
  const std::size_t size = S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) : 0;
  if (size > max_bytes) reading.fail_too_big(std::to_string(size));

  std::vector<std::uint8_t> bytes(size + 1);  // one more, so that the end shows without growing
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) bytes.resize(filled + std::max(kChunk, filled / 2));
    const ssize_t n = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) reading.fail(errno);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
    if (filled > max_bytes) reading.fail_too_big("more than " + std::to_string(max_bytes));
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace io
