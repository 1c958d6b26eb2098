// Weights files: safetensors to engine::TensorTable and back.
// The format: 8 bytes N, little-endian; N bytes of JSON {"__metadata__": {text: text}, NAME: {"dtype", "shape",
// "data_offsets": [begin, end]}, ...}, spaces at its end allowed; then the values, row-major and little-endian, with
// neither hole nor overlap. Source: README.md of github.com/huggingface/safetensors, section "Format".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/tensor_table.h"
#include "io/errors.h"

namespace io {

// What a file may hold at most; beyond, it is refused before anything of that size is allocated.
inline constexpr std::size_t kMaxTensorHeaderBytes = 100'000'000;  // the format's own limit
inline constexpr std::size_t kMaxTensors = 100'000;                // also of metadata entries
inline constexpr std::size_t kMaxTensorRank = 16;
inline constexpr std::size_t kMaxTensorFileBytes = std::size_t{4} << 30;

/// Reads a whole file held in memory. F32, F16, BF16 and F64 become float (F64 rounded to nearest); I8 to U64 and BOOL
/// are taken where every value is a float exactly, NaN and infinity where the dtype has them.
/// @param name  what errors call the file
/// @return      tensors and metadata; memory is at most a small multiple of bytes.size()
/// @throws FormatError naming the tensor, what was found and what was expected
engine::TensorTable parse_tensors(std::span<const std::uint8_t> bytes, std::string_view name);

/// The same from a file of at most kMaxTensorFileBytes. @throws FormatError, also when it cannot be read
engine::TensorTable read_tensors(const std::filesystem::path& path);

enum class TensorFormat { f32, f16, bf16 };

/// Writes a table as safetensors; the same table gives the same bytes. Values start at a multiple of 64 bytes and lie
/// in the order of (wider format first, name), so that each tensor is aligned to its element.
/// @param formats  tensors not to be stored as f32, by name; values are rounded to nearest even
/// @throws std::invalid_argument if a shape does not match its values, a text is not UTF-8, a name is "__metadata__",
///         `formats` names an absent tensor, or a limit above is passed; WriteError if a finite value is too large for
///         f16 or bf16
std::vector<std::uint8_t> format_tensors(const engine::TensorTable& table,
                                         const std::map<std::string, TensorFormat>& formats = {});

}  // namespace io
