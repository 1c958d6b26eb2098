#include "app/train/face_device.h"

#include <limits>

#include "app/glue/exit_codes.h"
#include "trainer/face/cuda/make.h"

namespace app {
namespace {

std::optional<kernels::FaceTrainFusion> resolve_fusion(const std::string& name, bool on_gpu) {
  if (!name.empty() && !kernels::find_face_train_fusion(name)) {
    std::string names;
    for (const char* each : kernels::kFaceTrainFusionNames) names += (names.empty() ? "" : ", ") + std::string(each);
    throw UsageError({"usage", "--fusion", "'" + name + "' is no rung of the ladder that trains faces: " + names,
                      "leave it out for the one that steps as the CPU does"});
  }
  if (!name.empty() && !on_gpu)
    throw UsageError({"usage", "--fusion", "the rungs of the ladder belong to the GPU", "add --device cuda"});
  if (!on_gpu) return std::nullopt;
  return name.empty() ? trainer::kDefaultFaceTrainFusion : kernels::find_face_train_fusion(name);
}

/// @param make  of a platform
template <class Make>
FaceTrainer trainer_on(Device device, kernels::FaceTrainFusion fusion, const Make& make) {
  return {device, fusion,
          [make, fusion](const engine::FaceSpec& spec, const trainer::FaceLayout& layout, std::size_t batch) {
            return make(spec, layout, batch, fusion);
          }};
}

}  // namespace

std::string FaceTrainer::name() const { return Computing{.device = device}.device_name(); }
std::string FaceTrainer::fusion_name() const { return fusion ? kernels::name_of(*fusion) : ""; }

FaceTrainer resolve_face_trainer(const std::string& device, const std::string& fusion) {
  const Computing computing = resolve_computing({.device = device}, std::numeric_limits<double>::infinity());
  if (computing.device == Device::reference)
    throw UsageError({"usage", "--device", "faces are not trained by the reference", "take auto, cpu or cuda"});
  const auto rung = resolve_fusion(fusion, computing.on_gpu());
  if (!rung) return {};
#if AFFETTO_WITH_CUDA
  if (computing.device == Device::cuda) return trainer_on(computing.device, *rung, trainer::on_cuda::make_face_trainee);
#endif
  // in builds without CUDA code resolve_computing() has refused the GPU
  return trainer_on(computing.device, *rung, trainer::on_emulator::make_face_trainee);
}

}  // namespace app
