// The rungs of the fusion ladder and the formats of their operands, by name.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace kernels {

/// In rising order of what is fused.
///   unfused    each operation a kernel of its own, products by cuBLAS
///   pointwise  the LSTM cell one kernel; products by cuBLAS
///   cell       product and cell in one kernel; all heads that read the same numbers in one product; score, blend,
///              softmax and draw in one kernel; modulation one kernel
///   window     all steps of a window, or the step of a carried state, in one kernel; the rest as cell
///   note       one launch a note
///   loop       one launch a piece, weights on chip
///   overlap    the same, the recurrent product hidden behind the choice of the note
///   staggered  window mode at one step a note: as many states as the window has notes
///   cluster    the same, the states dealt out to the blocks of a cluster
enum class Fusion { unfused, pointwise, cell, window, note, loop, overlap, staggered, cluster };

inline constexpr std::array<const char*, 9> kFusionNames = {"unfused", "pointwise", "cell",      "window", "note",
                                                            "loop",    "overlap",   "staggered", "cluster"};
inline std::optional<Fusion> find_fusion(std::string_view name) {
  for (std::size_t i = 0; i < kFusionNames.size(); ++i) {
    if (name == kFusionNames[i]) return static_cast<Fusion>(i);
  }
  return std::nullopt;
}
/// Of the operands of products; sums, gates, c and all that follows are fp32.
enum class Precision { fp32, fp16, bf16 };
inline constexpr std::array<const char*, 3> kPrecisionNames = {"fp32", "fp16", "bf16"};
inline const char* name_of(Precision precision) { return kPrecisionNames[static_cast<std::size_t>(precision)]; }

inline const char* name_of(Fusion fusion) { return kFusionNames[static_cast<std::size_t>(fusion)]; }

}  // namespace kernels
