#include "bench/gpu/target.h"

#include "engine/generate/cuda/make.h"

namespace bench::gpu {

kernels::DeviceState device_state(Target target) {
  if (target == Target::emulated) return engine::on_emulator::device_state();
#if AFFETTO_BENCH_CUDA
  return engine::on_cuda::device_state();
#else
  kernels::DeviceState state;
  state.why_not = "this build has no device code";
  state.hint = "configure where nvcc is found";
  return state;
#endif
}

}  // namespace bench::gpu
