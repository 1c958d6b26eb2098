#include "io/files/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "io/files/descriptor.h"

namespace io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int error) { throw WriteError(write_problem("write file", path, error)); }

/// A file beside `target` that vanishes with this object, or with the process, unless it was put in the target's place.
/// Where the file system can (O_TMPFILE), it has no name until then, so that not even a kill -9 leaves it lying about.
class HiddenFile {
 public:
  /// Creates it in the folder of `target`. @throws WriteError naming `target`
  explicit HiddenFile(const fs::path& target)
      : folder_(target.has_parent_path() ? target.parent_path() : fs::path(".")) {
    file_ = open_file(folder_, O_WRONLY | O_TMPFILE);
    if (file_.is_open()) return;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) fail(target, errno);
    for (;;) {  // ends: every pass tries a new name
      path_ = fresh_name();
      file_ = open_file(path_, O_WRONLY | O_CREAT | O_EXCL);
      if (file_.is_open()) return;
      if (errno != EEXIST) fail(target, errno);
    }
  }
  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;
  ~HiddenFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  int fd() const { return file_.get(); }

  /// Closes it and gives it the target's name. @return 0, or the errno of the refusal
  int move_to(const fs::path& target, Existing existing) {
    if (path_.empty()) {
      const int error = link_as(target);
      if (error == 0) return file_.close();
      if (error != EEXIST || existing == Existing::refuse) return error;
      path_ = fresh_name();  // only a file with a name can take another's place
      if (const int refused = link_as(path_)) return refused;
    }
    if (const int error = file_.close()) return error;
    const int error = existing == Existing::replace ? replace(target) : rename_to_free(target);
    if (error == 0) path_.clear();
    return error;
  }

 private:
  fs::path fresh_name() const {
    static std::atomic<unsigned> serial{0};
    return folder_ / (".affetto-" + std::to_string(::getpid()) + "-" + std::to_string(serial++) + ".tmp");
  }

  int link_as(const fs::path& name) const {
    const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
    return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
  }

  int replace(const fs::path& target) const { return ::rename(path_.c_str(), target.c_str()) == 0 ? 0 : errno; }

  int rename_to_free(const fs::path& target) const {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    // A file system without that flag (NFS, 9p): a hard link refuses an existing name just as well.
    if (::link(path_.c_str(), target.c_str()) != 0) return errno;
    ::unlink(path_.c_str());
    return 0;
  }

  fs::path folder_, path_;  ///< path_: its name, empty while it has none
  Descriptor file_;
};

bool is_standard_stream(const fs::path& path) {
  const std::string& text = path.native();
  return text == "/dev/stdout" || text == "/dev/stderr" || text.starts_with("/dev/fd/") ||
         text.starts_with("/proc/self/fd/");
}

void write_straight(const fs::path& path, std::span<const std::uint8_t> bytes) {
  Descriptor file = open_file(path, O_WRONLY | O_APPEND);
  if (!file.is_open()) fail(path, errno);
  if (const int error = write_all(file.get(), bytes)) fail(path, error);
  if (const int error = file.close()) fail(path, error);
}

void sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open()) fail(path, errno);
  // EINVAL: the file system has no such thing as syncing a folder.
  if (::fsync(opened.get()) != 0 && errno != EINVAL) fail(path, errno);
}

void write_aside(const fs::path& target, std::span<const std::uint8_t> bytes, Existing existing, Durability durability,
                 std::optional<mode_t> permissions) {
  HiddenFile hidden(target);
  if (permissions && ::fchmod(hidden.fd(), *permissions) != 0) fail(target, errno);
  if (const int error = write_all(hidden.fd(), bytes)) fail(target, error);
  if (durability == Durability::fsync && ::fsync(hidden.fd()) != 0) fail(target, errno);
  if (const int error = hidden.move_to(target, existing)) fail(target, error);
  if (durability == Durability::fsync) sync_folder_of(target);
}

/// The file a chain of links ends at, be it there or not. @throws WriteError for a chain that is a ring
fs::path behind_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // what Linux itself follows
  fs::path target = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (!fs::is_symlink(fs::symlink_status(target, error))) return target;
    const fs::path next = fs::read_symlink(target, error);
    if (error) fail(path, error.value());
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  fail(path, ELOOP);
}

}  // namespace

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes, Existing existing, Durability durability) {
  if (is_standard_stream(path)) return write_straight(path, bytes);
  const fs::path target = behind_links(path);
  if (target.filename().empty()) fail(path, target.empty() ? ENOENT : EISDIR);
  struct stat info {};
  std::optional<mode_t> permissions;
  if (::stat(target.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) fail(path, EISDIR);
    if (!S_ISREG(info.st_mode)) return write_straight(target, bytes);
    if (existing == Existing::refuse) fail(path, EEXIST);  // before the work; the rename checks again
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
