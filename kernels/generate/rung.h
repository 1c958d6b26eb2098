// The fusion ladder: the same notes at every rung, with ever fewer launches and less traffic between them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/device/platform.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/runtime/stream.h"

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

inline namespace AFFETTO_PLATFORM {

/// One rung, for one network and so many slots. All device memory it needs is taken at construction, on `stream`.
class Rung {
 public:
  virtual ~Rung() = default;
  /// Enqueues up to `notes` notes for every piece of the view, each until its Progress::left is 0. Returns at once;
  /// allocates nothing and waits for nothing.
  virtual void advance(const PiecesView& pieces, const OutputView& output, int notes) = 0;
};

/// The rungs whose parts can be asked for one by one.
class Steps : public Rung {
 public:
  /// Enqueues: the network of every piece with Progress::fresh reads note consumed - 1 from the window; carry mode
  /// only. A piece's first note (consumed = 1) starts from zero state, whatever h and c hold.
  virtual void feed(const PiecesView& pieces) = 0;
  /// Enqueues, for every piece with Progress::left > 0: the state after its last min(W, consumed) notes (window mode:
  /// replayed from zero state; carry mode: as it is, zero where consumed = 0), and from it the piece's readout row.
  virtual void read(const PiecesView& pieces) = 0;
};

/// Empty if the rung serves the network; else why not, in words that end "rung NAME ...".
std::string why_not(Fusion fusion, const NetworkView& network, Precision precision = Precision::fp32);

/// @throws std::invalid_argument with why_not's words
/// @param slots  most rows of a view
/// @param graphs whether a note's launches are captured once and replayed (rungs of several launches a note)
std::unique_ptr<Rung> make_rung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                StreamRef stream, bool graphs, Precision precision = Precision::fp32);
/// The same for the rungs whose parts can be asked for one by one: unfused, pointwise, cell and window in fp32, cell in
/// 16 bits.
std::unique_ptr<Steps> make_steps(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                  StreamRef stream, bool graphs, Precision precision = Precision::fp32);

/// In 16 bits, the rung that stands for all that write its bits: loop, or cell where no kernel keeps the network on
/// chip.
Fusion suited_fusion(const NetworkView& network);
/// In 16 bits: at each advance the one of those that suits the number of rows. @throws as make_rung
std::unique_ptr<Rung> make_suited_rung(const NetworkView& network, const ClustersView& clusters, int slots,
                                       StreamRef stream, bool graphs, Precision precision);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
