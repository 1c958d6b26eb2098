// A file of lines that only grows: items.jsonl of a batch, metrics.jsonl of a training run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/errors.h"
#include "io/files/descriptor.h"
#include "io/files/write_file.h"

namespace io {

/// Every line enters by one write(2) at the end of the file, so a crash can tear the last line only, and several
/// threads or processes may append to one file. Nothing is buffered here: a line is visible when append() returns.
class LineLog {
 public:
  /// Starts an empty log. @param existing  refuse: an existing file throws; replace: it is emptied
  /// @throws WriteError
  static LineLog create(const std::filesystem::path& path, Existing existing);

  /// Continues a log, or starts one where there is none. A last line without its newline was torn by a crash: it is cut
  /// off. Call it while nobody appends. @throws WriteError
  static LineLog resume(const std::filesystem::path& path);

  /// Adds `line` and a newline. @param line  without a newline
  /// @throws WriteError if it did not fit; what was written of it is taken back. std::invalid_argument for a newline.
  void append(std::string_view line);

  /// Returns when all lines are on the disk. @throws WriteError
  void sync();

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  LineLog(std::filesystem::path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  Descriptor file_;
};

/// The whole lines of a log, without newlines; a torn last line is left out. @throws FormatError as read_file does
std::vector<std::string> read_lines(const std::filesystem::path& path, std::size_t max_bytes, const std::string& what);

}  // namespace io
