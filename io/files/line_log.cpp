#include "io/files/line_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "io/files/read_file.h"

namespace io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int error) { throw WriteError(write_problem("write log", path, error)); }

off_t size_of(int fd, const fs::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail(path, errno);
  return info.st_size;
}

/// @return the length of the file up to and including its last newline
off_t end_of_last_line(int fd, const fs::path& path) {
  std::array<char, 4096> block;
  off_t end = size_of(fd, path);
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(block.size()));
    const ssize_t n = ::pread(fd, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (n < 0 && errno == EINTR) continue;
    if (n != end - begin) fail(path, n < 0 ? errno : EIO);
    const std::string_view text(block.data(), static_cast<std::size_t>(n));
    if (const std::size_t at = text.rfind('\n'); at != text.npos) return begin + static_cast<off_t>(at) + 1;
    end = begin;
  }
  return 0;
}

/// Takes back the last `written` bytes, unless somebody else has appended behind them.
void take_back(int fd, off_t written) {
  const off_t end = ::lseek(fd, 0, SEEK_CUR);
  struct stat info {};
  if (end < written || ::fstat(fd, &info) != 0 || info.st_size != end) return;
  // If this fails too, resume() will find the torn line.
  [[maybe_unused]] const int failed = ::ftruncate(fd, end - written);
}

}  // namespace

LineLog LineLog::create(const fs::path& path, Existing existing) {
  const int mode = existing == Existing::refuse ? O_EXCL : O_TRUNC;
  Descriptor file = open_file(path, O_WRONLY | O_APPEND | O_CREAT | mode);
  if (!file.is_open()) fail(path, errno);
  return {path, std::move(file)};
}

LineLog LineLog::resume(const fs::path& path) {
  Descriptor file = open_file(path, O_RDWR | O_APPEND | O_CREAT);
  if (!file.is_open()) fail(path, errno);
  const off_t end = end_of_last_line(file.get(), path);
  if (end != size_of(file.get(), path) && ::ftruncate(file.get(), end) != 0) fail(path, errno);
  return {path, std::move(file)};
}

void LineLog::append(std::string_view line) {
  if (line.find('\n') != line.npos) throw std::invalid_argument("LineLog::append: the line holds a newline");
  std::string bytes(line);
  bytes += '\n';
  ssize_t n = 0;
  do {
    n = ::write(file_.get(), bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(bytes.size())) return;
  const int error = n < 0 ? errno : ENOSPC;  // a short write to a regular file: the disk or a limit is full
  if (n > 0) take_back(file_.get(), n);
  fail(path_, error);
}

void LineLog::sync() {
  if (::fsync(file_.get()) != 0) fail(path_, errno);
}

std::vector<std::string> read_lines(const fs::path& path, std::size_t max_bytes, const std::string& what) {
  const std::vector<std::uint8_t> bytes = read_file(path, max_bytes, what);
  std::vector<std::string> lines;
  auto begin = bytes.begin();
  for (auto end = std::find(begin, bytes.end(), '\n'); end != bytes.end(); end = std::find(begin, bytes.end(), '\n')) {
    lines.emplace_back(begin, end);
    begin = end + 1;
  }
  return lines;
}

}  // namespace io
