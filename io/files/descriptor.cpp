#include "io/files/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace io {
namespace {

// Linux hands out at most 0x7ffff000 bytes a call; a round number below it keeps the loop plain.
constexpr std::size_t kMostBytesPerCall = std::size_t{1} << 30;

std::string hint_for(int error, const std::filesystem::path& path) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  switch (error) {
    case EEXIST:
      return "choose another name, or add --force to replace it";
    case ENOENT:
    case ENOTDIR:
      return "create the folder first: mkdir -p '" + folder + "'";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder that you may write to; this was " + folder;
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose a folder on another disk";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f), or choose another file system";
    case EISDIR:
      return "name a file inside that folder";
    case ENAMETOOLONG:
      return "choose a shorter name";
    default:
      return "check that the disk is healthy and mounted, or choose another folder";
  }
}

}  // namespace

int Descriptor::close() noexcept {
  if (fd_ < 0) return 0;
  // Never repeated after EINTR: Linux has released the number by then, and another thread may own it.
  return ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR ? 0 : errno;
}

Descriptor open_file(const std::filesystem::path& path, int flags, unsigned mode) noexcept {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(fd);
}

int write_all(int fd, std::span<const std::uint8_t> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), kMostBytesPerCall));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string errno_text(int error) { return std::generic_category().message(error); }

engine::Problem write_problem(std::string what, const std::filesystem::path& path, int error) {
  return {.what = std::move(what), .where = path.string(), .why = errno_text(error), .hint = hint_for(error, path)};
}

}  // namespace io
