#include "io/files/directories.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "io/files/descriptor.h"

namespace io {
namespace {

namespace fs = std::filesystem;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? fs::path(value) : fs::path();
}

}  // namespace

void ensure_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return;
  const int reason = error ? error.value() : ENOTDIR;
  engine::Problem problem = write_problem("create folder", path, reason);
  if (reason == ENOTDIR || reason == EEXIST)
    problem.hint = "a file stands in the way: move it, or choose another folder";
  throw WriteError(std::move(problem));
}

bool is_writable_directory(const fs::path& path) noexcept {
  std::error_code error;
  return fs::is_directory(path, error) && ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

fs::path cache_directory() {
  if (const fs::path own = variable("AFFETTO_CACHE"); !own.empty()) return own;
  if (const fs::path xdg = variable("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "affetto";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache" / "affetto";
  throw WriteError({.what = "find the cache folder",
                    .where = "",
                    .why = "neither AFFETTO_CACHE nor XDG_CACHE_HOME nor HOME is set",
                    .hint = "export AFFETTO_CACHE=FOLDER"});
}

}  // namespace io
