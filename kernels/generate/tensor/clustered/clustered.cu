#include <algorithm>

#include "kernels/device/launch.cuh"
#include "kernels/generate/resident_launch.h"
#include "kernels/generate/tensor/clustered/kernel.cuh"
#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {

namespace {

auto kernel_for(Precision precision) {
  return precision == Precision::fp16 ? clustered_kernel<Half> : clustered_kernel<Bfloat16>;
}

LaunchShape shape_of(const ClusteredPlan& plan, int clusters) {
  return {.grid = static_cast<unsigned>(clusters * plan.blocks),
          .block = kSpreadThreads,
          .cluster = static_cast<unsigned>(plan.blocks),
          .cooperative = false,
          .shared_bytes = plan.bytes};
}

}  // namespace

int clusters_of(Precision precision, const ClusteredPlan& plan, StreamRef stream) {
  const int most = std::max(1, device_limits().multiprocessors / plan.blocks);
  try {
    return std::min(most, clusters_at_once("clustered", kernel_for(precision), shape_of(plan, most), stream));
  } catch (const CudaError&) {
    return 0;  // 16 blocks are not portable, and a part of a GPU may refuse even eight
  }
}

void launch_clustered(Precision precision, const ClusteredOp& op, StreamRef stream) {
  launch("clustered", kernel_for(precision), shape_of(op.plan, op.clusters), stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
