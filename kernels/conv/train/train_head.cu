#include <algorithm>

#include "kernels/conv/train/train_head.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Element>
void launch_train_head_of(const TrainHeadOp<Element>& op, StreamRef stream) {
  const std::size_t bytes =
      static_cast<std::size_t>(op.classes) * sizeof(double) + static_cast<std::size_t>(op.features) * sizeof(float);
  launch("train_head", train_head_kernel<Element>,
         {.grid = static_cast<unsigned>(op.n),
          .block = kTrainHeadThreads,
          .shared_bytes = std::max(sizeof(TrainHeadScratch), (bytes + 15) / 16 * 16)},
         stream, op);
}

}  // namespace

void launch_train_head(const TrainHeadOp<float>& op, StreamRef stream) { launch_train_head_of(op, stream); }
void launch_train_head(const TrainHeadOp<Bfloat16>& op, StreamRef stream) { launch_train_head_of(op, stream); }

void launch_head_gradient(const HeadGradientOp& op, StreamRef stream) {
  launch_elements("head_gradient", head_gradient_kernel, std::int64_t{op.features + 1} * op.classes, stream, op);
  launch("tally", tally_kernel, {.grid = 1, .block = 32}, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
