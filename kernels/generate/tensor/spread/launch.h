// The kernel of this folder: what it is given and how it is launched.
#pragma once

#include <cstdint>

#include "kernels/device/wait.cuh"
#include "kernels/generate/choose.h"
#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/spread/plan.h"

namespace kernels {

/// h of a quad in one column.
struct HiddenQuad {
  std::uint32_t units[2];  ///< two 16-bit h each
  std::uint32_t unused;    ///< tagged words have payloads of 4 or 12 bytes
};

/// Memory that all blocks exchange through; it holds none of the tags of a launch before (exchange.cuh).
struct SpreadWords {
  Tagged<HiddenQuad>* h = nullptr;   ///< [layers, 2, quads, columns]: steps take turns
  Tagged<float>* readout = nullptr;  ///< [pieces, outputs]
  Tagged<Played>* notes = nullptr;   ///< [pieces]
  int quads = 0, columns = 0;        ///< of the largest plan
};

struct SpreadOp {
  ChooseOp choose;  ///< pitch is not used
  SpreadPlan plan;
  SpreadWords words;
  Watchdog watchdog;
  int first = 0;          ///< slot of the first piece
  int notes = 1;          ///< that each piece has chosen at most
  std::uint32_t tag = 1;  ///< of the first step; a launch takes tags_of() of them
};

/// What a wait that lasted too long leaves in the watchdog's mailbox.
enum SpreadWait : std::uint32_t { kWaitedForHidden = 1, kWaitedForReadout, kWaitedForNote };

/// Steps of a launch: those that read the notes before the first new one, and the new ones.
inline std::uint64_t tags_of(const NetworkView& network, int notes) {
  return static_cast<std::uint64_t>(notes) + (network.carry ? 0 : static_cast<std::uint64_t>(network.window));
}

inline namespace AFFETTO_PLATFORM {
/// The most blocks of a cluster with which all of the plan's blocks are on the device at once: 8, 4, 2 or 1.
int spread_cluster(Precision precision, SpreadPlan plan, StreamRef stream);
/// Enqueues the notes of plan.pieces pieces from slot `first` on. @throws CudaError if the launch is refused
void launch_spread(Precision precision, const SpreadOp& op, StreamRef stream);
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
