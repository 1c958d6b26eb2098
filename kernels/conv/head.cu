#include "kernels/conv/head.cuh"
#include "kernels/device/launch.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

template <class Element>
void launch_as(const HeadOp<Element>& op, int pictures, StreamRef stream) {
  launch("face_head", head_kernel<Element>,
         {.grid = static_cast<unsigned>(pictures), .block = kHeadThreads, .shared_bytes = op.head.scratch_bytes()},
         stream, op);
}

}  // namespace

void launch_head(const HeadOp<float>& op, int pictures, StreamRef stream) { launch_as(op, pictures, stream); }
void launch_head(const HeadOp<Half>& op, int pictures, StreamRef stream) { launch_as(op, pictures, stream); }

}  // namespace kernels::inline AFFETTO_PLATFORM
