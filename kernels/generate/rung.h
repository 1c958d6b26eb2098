// The fusion ladder: the same notes at every rung, with ever fewer launches and less traffic between them.
#pragma once

#include <memory>
#include <string>

#include "kernels/device/platform.h"
#include "kernels/generate/dispatch/ways.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/generate/rung_names.h"
#include "kernels/runtime/stream.h"

namespace kernels {

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

/// In sizes of the rung's own rule; in fp32, where it is the suited one, in those of the device's table.
/// @throws std::invalid_argument with why_not's words
/// @param slots  most rows of a view
/// @param graphs whether a note's launches are captured once and replayed (rungs of several launches a note)
std::unique_ptr<Rung> make_rung(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                StreamRef stream, bool graphs, Precision precision = Precision::fp32);
/// The same for the rungs whose parts can be asked for one by one: unfused, pointwise, cell and window in fp32, cell in
/// 16 bits.
std::unique_ptr<Steps> make_steps(Fusion fusion, const NetworkView& network, const ClustersView& clusters, int slots,
                                  StreamRef stream, bool graphs, Precision precision = Precision::fp32);

/// The rung that stands for a family of ways that write the same bits, where none was asked for. fp32: loop, window or
/// cell, the first that serves; 16 bits: loop, or cell where no kernel keeps the network on chip.
Fusion suited_fusion(const NetworkView& network, Precision precision);
/// What is chosen for the family on this device, by its table.
Ways ways_here(Fusion family, const NetworkView& network, Precision precision);
/// At each advance the way for the number of rows: a piece is the same whatever is chosen.
/// @param ways  of suited_fusion's family
/// @throws as make_rung
std::unique_ptr<Rung> make_suited_rung(const NetworkView& network, const ClustersView& clusters, int slots,
                                       StreamRef stream, bool graphs, Precision precision, const Ways& ways);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
