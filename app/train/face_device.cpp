#include "app/train/face_device.h"

#include <limits>

#include "app/glue/exit_codes.h"
#include "trainer/face/cuda/make.h"

namespace app {

std::string FaceTrainer::name() const { return Computing{.device = device}.device_name(); }

FaceTrainer resolve_face_trainer(const std::string& device) {
  const Computing computing = resolve_computing({.device = device}, std::numeric_limits<double>::infinity());
  switch (computing.device) {
    case Device::emulated:
      return {computing.device, trainer::on_emulator::make_face_trainee};
#if AFFETTO_WITH_CUDA
    case Device::cuda:
      return {computing.device, trainer::on_cuda::make_face_trainee};
#endif
    case Device::reference:
      throw UsageError({"usage", "--device", "faces are not trained by the reference", "take auto, cpu or cuda"});
    default:
      return {};  // in builds without CUDA code resolve_computing() has refused that
  }
}

}  // namespace app
