#include "kernels/generate/tensor/steps/state.cuh"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::int64_t units_of(const CarryStates& op) {
  std::int64_t count = 0;
  for (int l = 0; l < op.layers; ++l) count += std::int64_t{op.pieces.rows} * op.states[l].width;
  return count;
}

}  // namespace

void take_states(const CarryStates& op, Precision precision, StreamRef stream) {
  with_operands(precision, [&]<class Element>() {
    launch_elements("take_states", take_states_kernel<Element>, units_of(op), stream, op);
  });
}

void give_states(const CarryStates& op, Precision precision, StreamRef stream) {
  with_operands(precision, [&]<class Element>() {
    launch_elements("give_states", give_states_kernel<Element>, units_of(op), stream, op);
  });
}

void compare_windows(const KnownWindows& op, StreamRef stream) {
  launch_rows("compare_windows", compare_windows_kernel, op.pieces.rows, stream, op);
}

void remember_windows(const KnownWindows& op, StreamRef stream) {
  launch_rows("remember_windows", remember_windows_kernel, op.pieces.rows, stream, op);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
