#include "bench/gpu/target.h"

#include <algorithm>
#include <string_view>

#include "engine/generate/cuda/make.h"

namespace bench::gpu {

Target take_target(int& argc, char** argv) {
  char** const end = std::remove(argv + 1, argv + argc, std::string_view("--emulated"));
  const bool emulated = end != argv + argc;
  argc = static_cast<int>(end - argv);
  return emulated ? Target::emulated : Target::cuda;
}

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
