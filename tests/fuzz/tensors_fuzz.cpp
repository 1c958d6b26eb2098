// Any bytes as a safetensors file: either a FormatError, or a table that is written and read back to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "io/tensors/tensors.h"

namespace {

std::vector<std::uint8_t> file_of(const std::string& header, std::size_t data_bytes) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> (8 * i)));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data_bytes);
  return bytes;
}

}  // namespace

/// Files to start from: every element type, metadata, several tensors, and one that is empty.
std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  engine::TensorTable table;
  table.tensors["lstm.weight_ih_l0"] = {.shape = {4, 3}, .values = std::vector<float>(12, 0.5f)};
  table.tensors["lstm.bias_ih_l0"] = {.shape = {4}, .values = {1, -2, 0, 1e-3f}};
  table.tensors["scale"] = {.shape = {}, .values = {3}};
  table.metadata = {{"spec", R"({"hidden": 1})"}, {"licence", "\xC3\xA9"}};
  std::vector<std::vector<std::uint8_t>> seeds = {
      io::format_tensors(table),
      io::format_tensors(table, {{"scale", io::TensorFormat::f16}, {"lstm.bias_ih_l0", io::TensorFormat::bf16}}),
      file_of("{}", 0), file_of(R"({"e":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})", 0)};
  for (const std::string type : {"F64", "I64", "U64"}) {
    seeds.push_back(file_of("{\"x\":{\"dtype\":\"" + type + "\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16));
  }
  for (const std::string type : {"F32", "I32", "U32"}) {
    seeds.push_back(file_of("{\"x\":{\"dtype\":\"" + type + "\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8));
  }
  for (const std::string type : {"F16", "BF16", "I16", "U16"}) {
    seeds.push_back(file_of("{\"x\":{\"dtype\":\"" + type + "\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2));
  }
  for (const std::string type : {"I8", "U8", "BOOL"}) {
    seeds.push_back(file_of("{\"x\":{\"dtype\":\"" + type + "\",\"shape\":[],\"data_offsets\":[0,1]}}", 1));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  engine::TensorTable table;
  try {
    table = io::parse_tensors({data, size}, "fuzz");
  } catch (const io::FormatError&) {
    return 0;
  }
  // Bytes and not tables: a NaN does not equal itself.
  const std::vector<std::uint8_t> written = io::format_tensors(table);
  if (io::format_tensors(io::parse_tensors(written, "written")) != written) std::abort();
  return 0;
}
