// The kernel of this folder: what it is given and how it is launched.
#pragma once

#include "kernels/generate/choose.h"
#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/clustered/plan.h"

namespace kernels {

struct ClusteredOp {
  ChooseOp choose;  ///< pitch is not used
  ClusteredPlan plan;
  int first = 0;     ///< slot of the first piece
  int notes = 1;     ///< that each piece has chosen at most
  int clusters = 1;  ///< of the launch; each serves one group of plan.pieces pieces after another
};

inline namespace AFFETTO_PLATFORM {
/// How many clusters of the plan's size the device runs at once; 0: none of so many blocks and bytes.
int clusters_of(Precision precision, const ClusteredPlan& plan, StreamRef stream);
/// Enqueues the notes of all pieces of the view. @throws CudaError if the launch is refused
void launch_clustered(Precision precision, const ClusteredOp& op, StreamRef stream);
}  // namespace AFFETTO_PLATFORM

}  // namespace kernels
