// Inside io: a file that has no name until it is whole.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <string>

#include "io/files/descriptor.h"
#include "io/files/write_file.h"

namespace io {

/// @throws WriteError naming `path`
[[noreturn]] void fail_write(const std::filesystem::path& path, int error);

/// The file a chain of links ends at, be it there or not. @throws WriteError for a chain that is a ring
std::filesystem::path behind_links(const std::filesystem::path& path);

/// A file beside `target` that vanishes with this object, or with the process, unless it was put in the target's place.
/// Where the file system can (O_TMPFILE), it has no name until then, so that not even a kill -9 leaves it lying about.
class HiddenFile {
 public:
  /// Creates it in the folder of `target`. @throws WriteError naming `target`
  explicit HiddenFile(const std::filesystem::path& target);
  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;
  ~HiddenFile();

  int fd() const { return file_.get(); }
  /// Closes it and gives it the target's name. @return 0, or the errno of the refusal
  int move_to(const std::filesystem::path& target, Existing existing);

 private:
  std::filesystem::path fresh_name() const;
  int link_as(const std::filesystem::path& name) const;
  int replace(const std::filesystem::path& target) const;
  int rename_to_free(const std::filesystem::path& target) const;

  std::filesystem::path folder_, path_;  ///< path_: its name, empty while it has none
  Descriptor file_;
};

}  // namespace io
