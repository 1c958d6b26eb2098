#include "io/files/hidden_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace io {

namespace fs = std::filesystem;

void fail_write(const fs::path& path, int error) { throw WriteError(write_problem("write file", path, error)); }

fs::path behind_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // what Linux itself follows
  fs::path target = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (!fs::is_symlink(fs::symlink_status(target, error))) return target;
    const fs::path next = fs::read_symlink(target, error);
    if (error) fail_write(path, error.value());
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  fail_write(path, ELOOP);
}

HiddenFile::HiddenFile(const fs::path& target)
    : folder_(target.has_parent_path() ? target.parent_path() : fs::path(".")) {
  file_ = open_file(folder_, O_WRONLY | O_TMPFILE);
  if (file_.is_open()) return;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) fail_write(target, errno);
  for (;;) {  // ends: every pass tries a new name
    path_ = fresh_name();
    file_ = open_file(path_, O_WRONLY | O_CREAT | O_EXCL);
    if (file_.is_open()) return;
    if (errno != EEXIST) fail_write(target, errno);
  }
}

HiddenFile::~HiddenFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

int HiddenFile::move_to(const fs::path& target, Existing existing) {
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

fs::path HiddenFile::fresh_name() const {
  static std::atomic<unsigned> serial{0};
  return folder_ / (".affetto-" + std::to_string(::getpid()) + "-" + std::to_string(serial++) + ".tmp");
}

int HiddenFile::link_as(const fs::path& name) const {
  const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
  return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int HiddenFile::replace(const fs::path& target) const {
  return ::rename(path_.c_str(), target.c_str()) == 0 ? 0 : errno;
}

int HiddenFile::rename_to_free(const fs::path& target) const {
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that flag (NFS, 9p): a hard link refuses an existing name just as well.
  if (::link(path_.c_str(), target.c_str()) != 0) return errno;
  ::unlink(path_.c_str());
  return 0;
}

}  // namespace io
