#include "io/tensors/elements.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "io/tensors/half.h"

namespace io {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in the file");
static_assert(std::numeric_limits<float>::is_iec559);

template <typename T>
std::string decimal(T value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// @return whether a float holds the value, which is then in `out`
template <typename T>
bool as_float(T value, float& out) {
  out = static_cast<float>(value);
  // The limit of T is 2^k - 1: as a float it rounds up to 2^k, which T cannot hold.
  if (out >= static_cast<float>(std::numeric_limits<T>::max())) return sizeof(T) < 4 && static_cast<T>(out) == value;
  return static_cast<T>(out) == value;
}
bool as_float(float value, float& out) {
  out = value;
  return true;
}
bool as_float(double value, float& out) {
  out = static_cast<float>(value);
  return std::isfinite(out) || !std::isfinite(value);
}

template <typename T>
std::optional<std::string> append(std::span<const std::uint8_t> bytes, std::vector<float>& values) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    float number = 0;
    if (!as_float(value, number)) return decimal(value);
    values.push_back(number);
  }
  return std::nullopt;
}

template <float (*ToFloat)(std::uint16_t)>
std::optional<std::string> append_half(std::span<const std::uint8_t> bytes, std::vector<float>& values) {
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    values.push_back(ToFloat(static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8)));
  }
  return std::nullopt;
}

std::optional<std::string> append_bool(std::span<const std::uint8_t> bytes, std::vector<float>& values) {
  for (const std::uint8_t byte : bytes) {
    if (byte > 1) return decimal(byte);
    values.push_back(byte);
  }
  return std::nullopt;
}

float read_f16(std::uint16_t bits) { return float_from_f16(bits); }
float read_bf16(std::uint16_t bits) { return float_from_bf16(bits); }

constexpr std::array<ElementType, 13> kElementTypes = {{{"F32", 4, append<float>},
                                                        {"F16", 2, append_half<read_f16>},
                                                        {"BF16", 2, append_half<read_bf16>},
                                                        {"F64", 8, append<double>},
                                                        {"I8", 1, append<std::int8_t>},
                                                        {"U8", 1, append<std::uint8_t>},
                                                        {"I16", 2, append<std::int16_t>},
                                                        {"U16", 2, append<std::uint16_t>},
                                                        {"I32", 4, append<std::int32_t>},
                                                        {"U32", 4, append<std::uint32_t>},
                                                        {"I64", 8, append<std::int64_t>},
                                                        {"U64", 8, append<std::uint64_t>},
                                                        {"BOOL", 1, append_bool}}};

}  // namespace

const ElementType* find_element_type(std::string_view name) noexcept {
  for (const ElementType& type : kElementTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::string element_type_names() {
  std::string names;
  for (const ElementType& type : kElementTypes) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

std::optional<std::uint64_t> tensor_bytes(std::span<const std::int64_t> shape, std::size_t size_bytes) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint64_t product = size_bytes;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && static_cast<std::uint64_t>(size) > kMost / product)) return std::nullopt;
    if (size > 0) product *= static_cast<std::uint64_t>(size);
    empty |= size == 0;
  }
  return empty ? 0 : product;
}

}  // namespace io
