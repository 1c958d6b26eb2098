#include <algorithm>
#include <tuple>

#include "io/files/read_file.h"
#include "io/tensors/elements.h"
#include "io/tensors/header.h"
#include "io/tensors/tensors.h"

namespace io {
namespace {

using Bytes = std::span<const std::uint8_t>;
constexpr std::size_t kPrefixBytes = 8;

/// A tensor whose claims agree with each other and lie within the data.
struct Placed {
  const std::string* name;
  TensorEntry* entry;
  const ElementType* type;
  std::uint64_t begin, end;  ///< bytes within the data
};

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::string range_of(std::uint64_t begin, std::uint64_t end) {
  return "[" + std::to_string(begin) + ", " + std::to_string(end) + ")";
}

Placed place(const std::string& name, TensorEntry& entry, std::size_t data_bytes, const TensorFile& file) {
  if (!entry.dtype || !entry.shape || !entry.offsets) {
    const char* missing = !entry.dtype ? "dtype" : !entry.shape ? "shape" : "data_offsets";
    throw file.error(name, std::string(missing) + " is missing; expected dtype, shape and data_offsets");
  }
  if (entry.offsets->size() != 2) {
    throw file.error(name,
                     "data_offsets has " + std::to_string(entry.offsets->size()) + " numbers; expected [begin, end]");
  }
  const Placed placed{&name, &entry, find_element_type(*entry.dtype), entry.offsets->front(), entry.offsets->back()};
  if (!placed.type) {
    throw file.error(name, "dtype is \"" + printable(*entry.dtype) + "\"; expected one of " + element_type_names(),
                     "convert the tensor to F32 before saving it");
  }
  if (placed.begin > placed.end || placed.end > data_bytes) {
    throw file.error(name, "data_offsets are " + range_of(placed.begin, placed.end) + "; the file holds " +
                               std::to_string(data_bytes) + " bytes of data");
  }
  const auto expected = tensor_bytes(*entry.shape, placed.type->size_bytes);
  if (expected != placed.end - placed.begin) {
    throw file.error(name, "shape " + text_of(*entry.shape) + " of " + *entry.dtype + " needs " +
                               (expected ? std::to_string(*expected) : "more than 2^63") + " bytes; data_offsets " +
                               range_of(placed.begin, placed.end) + " give " +
                               std::to_string(placed.end - placed.begin));
  }
  return placed;
}

/// Checks that the tensors cover the data once: no hole, no overlap.
void check_cover(std::vector<Placed>& tensors, std::size_t data_bytes, const TensorFile& file) {
  std::sort(tensors.begin(), tensors.end(),
            [](const Placed& a, const Placed& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  std::uint64_t reached = 0;
  for (const Placed& tensor : tensors) {
    if (tensor.begin != reached) {
      throw file.error(*tensor.name, "its data begins at " + std::to_string(tensor.begin) +
                                         ", the tensor before ends at " + std::to_string(reached) +
                                         "; expected no hole and no overlap");
    }
    reached = tensor.end;
  }
  if (reached != data_bytes) {
    throw file.error("", "the tensors end at byte " + std::to_string(reached) + " of the data, which has " +
                             std::to_string(data_bytes) + "; expected no bytes left over");
  }
}

engine::Tensor read_values(const Placed& placed, Bytes data, const TensorFile& file) {
  engine::Tensor tensor{.shape = std::move(*placed.entry->shape), .values = {}};
  const Bytes bytes = data.subspan(placed.begin, placed.end - placed.begin);
  tensor.values.reserve(bytes.size() / placed.type->size_bytes);
  if (const auto bad = placed.type->append(bytes, tensor.values)) {
    const std::string index = std::to_string(tensor.values.size());
    throw file.error(*placed.name,
                     "element " + index + " of dtype " + std::string(placed.type->name) + " is " + *bad +
                         ", which has no exact or finite value as float",
                     "convert the tensor to F32 before saving it");
  }
  return tensor;
}

}  // namespace

engine::TensorTable parse_tensors(Bytes bytes, std::string_view name) {
  const TensorFile file{name};
  if (bytes.size() < kPrefixBytes) {
    throw file.error("", "the file has " + std::to_string(bytes.size()) + " bytes; expected at least 8");
  }
  std::uint64_t header_bytes = 0;
  for (std::size_t i = 0; i < kPrefixBytes; ++i) header_bytes |= std::uint64_t{bytes[i]} << (8 * i);
  const std::size_t most = std::min(bytes.size() - kPrefixBytes, kMaxTensorHeaderBytes);
  if (header_bytes > most) {
    throw file.error("", "the header claims " + std::to_string(header_bytes) + " bytes; the file of " +
                             std::to_string(bytes.size()) + " bytes allows " + std::to_string(most));
  }
  const Bytes json = bytes.subspan(kPrefixBytes, header_bytes);
  const Bytes data = bytes.subspan(kPrefixBytes + header_bytes);
  TensorHeader header = parse_header({reinterpret_cast<const char*>(json.data()), json.size()}, file);

  std::vector<Placed> placed;
  placed.reserve(header.entries.size());
  for (auto& [tensor, entry] : header.entries) placed.push_back(place(tensor, entry, data.size(), file));
  check_cover(placed, data.size(), file);
  engine::TensorTable table;
  for (const Placed& tensor : placed) table.tensors.emplace(*tensor.name, read_values(tensor, data, file));
  table.metadata = std::move(header.metadata);
  return table;
}

engine::TensorTable read_tensors(const std::filesystem::path& path) {
  return parse_tensors(read_file(path, kMaxTensorFileBytes, "read tensors"), path.string());
}

}  // namespace io
