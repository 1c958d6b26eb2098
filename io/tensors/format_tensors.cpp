#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "io/tensors/elements.h"
#include "io/tensors/half.h"
#include "io/tensors/header.h"
#include "io/tensors/tensors.h"

namespace io {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

constexpr std::size_t kAlignment = 64;  // a cache line
constexpr std::size_t kPrefixBytes = 8;

struct Part {
  const std::string* name;
  const engine::Tensor* tensor;
  TensorFormat format;

  std::size_t element_bytes() const { return format == TensorFormat::f32 ? 4 : 2; }
  std::size_t bytes() const { return tensor->values.size() * element_bytes(); }
  const char* dtype() const {
    return format == TensorFormat::f32 ? "F32" : format == TensorFormat::f16 ? "F16" : "BF16";
  }
};

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::invalid_argument("format_tensors: tensor \"" + printable(name) + "\": " + why);
}

void check_shape(const std::string& name, const engine::Tensor& tensor) {
  if (name == "__metadata__") refuse(name, "the format keeps this name for itself");
  if (tensor.shape.size() > kMaxTensorRank) refuse(name, "has " + std::to_string(tensor.shape.size()) + " dimensions");
  if (tensor_bytes(tensor.shape, sizeof(float)) != tensor.values.size() * sizeof(float)) {
    refuse(name, "its shape does not hold " + std::to_string(tensor.values.size()) + " values");
  }
}

std::vector<Part> parts_of(const engine::TensorTable& table, const std::map<std::string, TensorFormat>& formats) {
  if (table.tensors.size() > kMaxTensors || table.metadata.size() > kMaxTensors) {
    throw std::invalid_argument("format_tensors: more than " + std::to_string(kMaxTensors) +
                                " tensors or metadata entries");
  }
  for (const auto& format : formats) {
    if (!table.tensors.contains(format.first)) refuse(format.first, "has a format but is not in the table");
  }
  std::vector<Part> parts;
  for (const auto& [name, tensor] : table.tensors) {
    check_shape(name, tensor);
    const auto format = formats.find(name);
    parts.push_back({&name, &tensor, format == formats.end() ? TensorFormat::f32 : format->second});
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.element_bytes() > b.element_bytes(); });
  return parts;
}

std::string header_of(const std::vector<Part>& parts, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string text;
  try {
    text = header.dump();
    text.pop_back();
    std::size_t begin = 0;
    for (const Part& part : parts) {
      // Appended as text: ordered_json looks for a key by walking over all of them.
      if (text.size() > 1) text += ',';
      const std::size_t end = begin + part.bytes();
      text += nlohmann::json(*part.name).dump() + ":{\"dtype\":\"" + part.dtype() +
              "\",\"shape\":" + nlohmann::json(part.tensor->shape).dump() + ",\"data_offsets\":[" +
              std::to_string(begin) + "," + std::to_string(end) + "]}";
      begin = end;
    }
  } catch (const nlohmann::json::type_error&) {
    throw std::invalid_argument("format_tensors: a name or a metadata text is not UTF-8");
  }
  text += '}';
  text.append((kAlignment - (kPrefixBytes + text.size()) % kAlignment) % kAlignment, ' ');
  if (text.size() > kMaxTensorHeaderBytes) {
    throw std::invalid_argument("format_tensors: the header has " + std::to_string(text.size()) + " bytes; at most " +
                                std::to_string(kMaxTensorHeaderBytes) + " are allowed");
  }
  return text;
}

void append_half(std::vector<std::uint8_t>& bytes, const Part& part, std::size_t index) {
  const float value = part.tensor->values[index];
  const bool f16 = part.format == TensorFormat::f16;
  const std::uint16_t half = f16 ? f16_from_float(value) : bf16_from_float(value);
  const float stored = f16 ? float_from_f16(half) : float_from_bf16(half);
  if (std::isfinite(value) && !std::isfinite(stored)) {
    throw WriteError(
        {.what = "write tensors",
         .where = "tensor \"" + printable(*part.name) + "\"",
         .why = "element " + std::to_string(index) + " is " + std::to_string(value) + ", too large for " + part.dtype(),
         .hint = "store this tensor as F32"});
  }
  bytes.push_back(static_cast<std::uint8_t>(half & 0xff));
  bytes.push_back(static_cast<std::uint8_t>(half >> 8));
}

void append_values(std::vector<std::uint8_t>& bytes, const Part& part) {
  if (part.format == TensorFormat::f32) {
    const std::size_t at = bytes.size();
    bytes.resize(at + part.bytes());
    if (part.bytes() > 0) std::memcpy(bytes.data() + at, part.tensor->values.data(), part.bytes());
    return;
  }
  for (std::size_t i = 0; i < part.tensor->values.size(); ++i) append_half(bytes, part, i);
}

}  // namespace

std::vector<std::uint8_t> format_tensors(const engine::TensorTable& table,
                                         const std::map<std::string, TensorFormat>& formats) {
  const std::vector<Part> parts = parts_of(table, formats);
  const std::string header = header_of(parts, table.metadata);
  std::size_t size = kPrefixBytes + header.size();
  for (const Part& part : parts) size += part.bytes();

  std::vector<std::uint8_t> bytes;
  bytes.reserve(size);
  for (std::size_t i = 0; i < kPrefixBytes; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> (8 * i)));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const Part& part : parts) append_values(bytes, part);
  return bytes;
}

}  // namespace io
