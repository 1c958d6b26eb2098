// Training faces on the GPU, and by the same code on the host emulator.
#pragma once

#include <memory>

#include "kernels/conv/train/face_train_rung.h"
#include "trainer/face/trainee.h"

namespace trainer {

/// What steps as the CPU does, up to rounding: fp32.
inline constexpr auto kDefaultFaceTrainFusion = kernels::FaceTrainFusion::unfused;

namespace on_cuda {
/// In builds with the CUDA toolkit only. @throws kernels::CudaError, kernels::OutOfMemory
std::unique_ptr<FaceTrainee> make_face_trainee(const engine::FaceSpec& spec, const FaceLayout& layout,
                                               std::size_t batch, kernels::FaceTrainFusion fusion);
}  // namespace on_cuda

/// The kernels' own source run by the emulator: for tests and --device emulated.
namespace on_emulator {
std::unique_ptr<FaceTrainee> make_face_trainee(const engine::FaceSpec& spec, const FaceLayout& layout,
                                               std::size_t batch, kernels::FaceTrainFusion fusion);
}  // namespace on_emulator

}  // namespace trainer
