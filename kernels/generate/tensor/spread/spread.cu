#include "kernels/device/launch.cuh"
#include "kernels/generate/tensor/spread/kernel.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

namespace {

auto kernel_for(Precision precision) {
  return precision == Precision::fp16 ? spread_kernel<Half> : spread_kernel<Bfloat16>;
}

LaunchShape shape_of(const SpreadPlan& plan) {
  return {.grid = static_cast<unsigned>(plan.blocks),
          .block = kSpreadThreads,
          .cluster = static_cast<unsigned>(plan.cluster),
          .cooperative = true,
          .shared_bytes = plan.bytes};
}

}  // namespace

int spread_cluster(Precision precision, SpreadPlan plan, StreamRef stream) {
  for (plan.cluster = 8; plan.cluster > 1; plan.cluster /= 2) {  // more are not portable
    if (plan.blocks % plan.cluster != 0) continue;
    LaunchShape shape = shape_of(plan);
    shape.cooperative = false;  // of that only the launch is asked
    if (clusters_at_once("spread", kernel_for(precision), shape, stream) * plan.cluster >= plan.blocks) break;
  }
  return plan.cluster;
}

void launch_spread(Precision precision, const SpreadOp& op, StreamRef stream) {
  launch("spread", kernel_for(precision), shape_of(op.plan), stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
