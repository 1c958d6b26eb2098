// Reading faces on the GPU, and by the same code on the host emulator.
#pragma once

#include <memory>
#include <optional>

#include "engine/face/classifier.h"
#include "engine/face/model.h"
#include "engine/generate/cuda/make.h"
#include "kernels/conv/face_rung.h"

namespace engine {

struct CudaFaceOptions {
  /// The rung of the ladder, which also says the format of the products' operands; none: `stage`, which serves every
  /// network and computes in fp32 as the CPU does.
  std::optional<kernels::FaceFusion> fusion;
  int slots = 64;  ///< pictures that are worked on at once: the preset's maps take 0.6 MB each in fp32
};

namespace on_cuda {
/// In builds with the CUDA toolkit only. @throws kernels::CudaError, kernels::OutOfMemory, UnservedRung
std::unique_ptr<FaceClassifier> make_face_classifier(const FaceModel& model, const CudaFaceOptions& options);
}  // namespace on_cuda

/// The kernels' own source run by the emulator: for tests and --device emulated.
namespace on_emulator {
std::unique_ptr<FaceClassifier> make_face_classifier(const FaceModel& model, const CudaFaceOptions& options);
}  // namespace on_emulator

}  // namespace engine
