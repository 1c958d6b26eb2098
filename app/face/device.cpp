#include "app/face/device.h"

#include <stdexcept>

#include "app/glue/exit_codes.h"
#include "engine/face/cuda/make.h"
#include "engine/face/network.h"

namespace app {
namespace {

std::optional<kernels::FaceFusion> resolve_fusion(const std::string& name, bool on_gpu) {
  if (name.empty()) return std::nullopt;
  const auto fusion = kernels::find_face_fusion(name);
  if (!fusion) {
    std::string names;
    for (const char* each : kernels::kFaceFusionNames) names += (names.empty() ? "" : ", ") + std::string(each);
    throw UsageError({"usage", "--fusion", "'" + name + "' is no rung of the faces' ladder: " + names,
                      "leave it out for the one that computes as the CPU does"});
  }
  if (!on_gpu)
    throw UsageError({"usage", "--fusion", "the rungs of the ladder belong to the GPU", "add --device cuda"});
  return fusion;
}

}  // namespace

std::string FaceDevice::name() const { return Computing{.device = device}.device_name(); }

FaceDevice resolve_face_device(const std::string& device, const std::string& fusion) {
  const Computing computing = resolve_computing({.device = device}, /*notes=*/0);
  if (computing.device == Device::reference) {
    throw UsageError({"usage", "--device", "faces are not read by the reference", "take auto, cpu or cuda"});
  }
  return {computing.device, resolve_fusion(fusion, computing.on_gpu())};
}

std::unique_ptr<engine::FaceClassifier> make_face_classifier(const FaceDevice& device, const engine::FaceModel& model) {
  if (device.device == Device::cpu) return std::make_unique<engine::FaceNetwork>(model);
  const engine::CudaFaceOptions options{.fusion = device.fusion};
  try {
    if (device.device == Device::emulated) return engine::on_emulator::make_face_classifier(model, options);
#if AFFETTO_WITH_CUDA
    return engine::on_cuda::make_face_classifier(model, options);
#endif
  } catch (const engine::UnservedRung& error) {
    throw UsageError({"usage", "--fusion", error.what(), "leave it out: the default serves every network"});
  }
  throw std::logic_error("no such device");  // in builds without CUDA code resolve_face_device() has refused
}

}  // namespace app
