// Inside io/tensors: the element types of the format, and their values as float.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace io {

/// How one element type is read.
struct ElementType {
  std::string_view name;   ///< as the header spells it: "F32"
  std::size_t size_bytes;  ///< 1, 2, 4 or 8
  /// Appends all of `bytes`, a multiple of size_bytes, to `values`.
  /// @return nothing, or the text of the first value that no float holds
  std::optional<std::string> (*append)(std::span<const std::uint8_t> bytes, std::vector<float>& values);
};

/// @return nullptr for a name that is not read
const ElementType* find_element_type(std::string_view name) noexcept;

/// "BOOL, F32, ..." for a hint.
std::string element_type_names();

/// The bytes that a shape needs: product(shape) * size_bytes.
/// @return nothing if a dimension is negative, or if the product of those that are not 0 passes 2^63 - 1, so that no
/// later
///         product over some of them can overflow
std::optional<std::uint64_t> tensor_bytes(std::span<const std::int64_t> shape, std::size_t size_bytes) noexcept;

}  // namespace io
