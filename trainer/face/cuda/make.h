// Training faces on the GPU, and by the same code on the host emulator.
#pragma once

#include <memory>

#include "trainer/face/trainee.h"

namespace trainer {

namespace on_cuda {
/// In builds with the CUDA toolkit only. @throws kernels::CudaError, kernels::OutOfMemory
std::unique_ptr<FaceTrainee> make_face_trainee(const engine::FaceSpec& spec, const FaceLayout& layout,
                                               std::size_t batch);
}  // namespace on_cuda

/// The kernels' own source run by the emulator: for tests and --device emulated.
namespace on_emulator {
std::unique_ptr<FaceTrainee> make_face_trainee(const engine::FaceSpec& spec, const FaceLayout& layout,
                                               std::size_t batch);
}  // namespace on_emulator

}  // namespace trainer
