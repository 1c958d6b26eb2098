#include "io/files/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "io/files/hidden_file.h"

namespace io {
namespace {

namespace fs = std::filesystem;

bool is_standard_stream(const fs::path& path) {
  const std::string& text = path.native();
  return text == "/dev/stdout" || text == "/dev/stderr" || text.starts_with("/dev/fd/") ||
         text.starts_with("/proc/self/fd/");
}

void write_straight(const fs::path& path, std::span<const std::uint8_t> bytes) {
  Descriptor file = open_file(path, O_WRONLY | O_APPEND);
  if (!file.is_open()) fail_write(path, errno);
  if (const int error = write_all(file.get(), bytes)) fail_write(path, error);
  if (const int error = file.close()) fail_write(path, error);
}

void sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open()) fail_write(path, errno);
  // EINVAL: the file system has no such thing as syncing a folder.
  if (::fsync(opened.get()) != 0 && errno != EINVAL) fail_write(path, errno);
}

void write_aside(const fs::path& target, std::span<const std::uint8_t> bytes, Existing existing, Durability durability,
                 std::optional<mode_t> permissions) {
  HiddenFile hidden(target);
  if (permissions && ::fchmod(hidden.fd(), *permissions) != 0) fail_write(target, errno);
  if (const int error = write_all(hidden.fd(), bytes)) fail_write(target, error);
  if (durability == Durability::fsync && ::fsync(hidden.fd()) != 0) fail_write(target, errno);
  if (const int error = hidden.move_to(target, existing)) fail_write(target, error);
  if (durability == Durability::fsync) sync_folder_of(target);
}

}  // namespace

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes, Existing existing, Durability durability) {
  if (is_standard_stream(path)) return write_straight(path, bytes);
  const fs::path target = behind_links(path);
  if (target.filename().empty()) fail_write(path, target.empty() ? ENOENT : EISDIR);
  struct stat info {};
  std::optional<mode_t> permissions;
  if (::stat(target.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) fail_write(path, EISDIR);
    if (!S_ISREG(info.st_mode)) return write_straight(target, bytes);
    if (existing == Existing::refuse) fail_write(path, EEXIST);  // before the work; the rename checks again
    permissions = info.st_mode & 07777;
  }
  write_aside(target, bytes, existing, durability, permissions);
}

void write_file(const fs::path& path, std::span<const std::byte> bytes, Existing existing, Durability durability) {
  write_file(path, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, existing, durability);
}

void write_file(const fs::path& path, std::string_view text, Existing existing, Durability durability) {
  write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, existing, durability);
}

}  // namespace io
