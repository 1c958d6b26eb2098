#include "kernels/device/launch.cuh"
#include "kernels/generate/tensor/staggered.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

void launch_staggered(Precision precision, const TensorOp& op, const LaunchShape& shape, StreamRef stream) {
  with_tensor_kernel(precision, op.plan.blocks, [&]<class Element, int kBlocks>() {
    launch("staggered", staggered_kernel<Element, kBlocks>, shape, stream, op);
  });
}

}  // namespace kernels::inline AFFETTO_PLATFORM
