// The kernels of this folder, one .cu each.
#pragma once

#include "kernels/device/shape.h"
#include "kernels/generate/choose.h"
#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/plan.h"
#include "kernels/math/half.h"

namespace kernels::inline AFFETTO_PLATFORM {

struct TensorOp {
  ChooseOp choose;  ///< pitch is not used
  TensorPlan plan;
  int notes = 1;  ///< that each piece has chosen at most
};

void launch_tensor_loop(Precision precision, const TensorOp& op, const LaunchShape& shape, StreamRef stream);
void launch_overlap(Precision precision, const TensorOp& op, const LaunchShape& shape, StreamRef stream);
/// The rungs staggered and cluster.
void launch_staggered(Precision precision, const TensorOp& op, const LaunchShape& shape, StreamRef stream);

/// Calls run.operator()<Element, kBlocks>() for the operands' format and the plan's blocks.
template <class Run>
void with_tensor_kernel(Precision precision, int blocks, const Run& run) {
  const bool half = precision == Precision::fp16;
  if (blocks == kTensorBlocks[0]) {
    half ? run.template operator()<Half, kTensorBlocks[0]>() : run.template operator()<Bfloat16, kTensorBlocks[0]>();
  } else {
    half ? run.template operator()<Half, kTensorBlocks[1]>() : run.template operator()<Bfloat16, kTensorBlocks[1]>();
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
