// Inside io/tensors: the JSON header, read as it comes and trusted in nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/errors.h"

namespace io {

/// What the header says of one tensor; shape and dtype are not yet checked against the data.
struct TensorEntry {
  std::optional<std::string> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;  ///< [begin, end) within the data, of any length as found
};

struct TensorHeader {
  std::map<std::string, TensorEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// One attempt to read a file: makes its errors.
struct TensorFile {
  std::string_view name;

  /// @param tensor  empty: the fault lies with the file as a whole
  FormatError error(std::string_view tensor, std::string why, std::string hint = kDamaged) const;
  static constexpr const char* kDamaged = "the file is damaged or not safetensors: copy or download it again";
};

/// Reads the header's text in one pass without recursion; nesting deeper than the format's is refused at once.
/// @throws FormatError for text that is not JSON or not UTF-8, a name given twice, a value of the wrong kind, a number
/// out
///         of range, or more entries or dimensions than tensors.h allows
TensorHeader parse_header(std::string_view json, const TensorFile& file);

/// Text from a file, fit for an error message: one line, control characters escaped, cut off when long.
std::string printable(std::string_view text);

}  // namespace io
