// Tables of comma-separated values, as corpora describe their files in them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/errors.h"

namespace app {

/// A table with a header line. Every row has as many fields as the header.
struct CsvTable {
  std::string name;  ///< what errors call it: the file
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> lines;  ///< [rows] the line of the file on which each begins, from 1

  /// Index of a column, or nothing.
  std::optional<std::size_t> find(std::string_view column) const;
  /// Index of the first of `names` that is a column. @throws io::FormatError that lists the columns there are
  std::size_t need(std::initializer_list<std::string_view> names) const;
};

/// Fields may be quoted ("a, ""b"""), quoted fields may hold line breaks; lines end in LF or CRLF; a byte order mark
/// and empty lines are left out. Nothing is trimmed.
/// @throws io::FormatError naming the line: no header, a column named twice, a row with more or fewer fields than the
///         header, a quote that never closes or stands inside an unquoted field, more than 2^20 rows
/// Source: RFC 4180.
CsvTable parse_csv(std::string_view text, const std::string& name);

/// The same from a file of at most 64 MB. @throws io::FormatError, also when it cannot be read
CsvTable read_csv(const std::filesystem::path& file);

}  // namespace app
