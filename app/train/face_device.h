// What trains faces: chosen by --device.
#pragma once

#include <string>

#include "app/glue/device.h"
#include "trainer/face/trainee.h"

namespace app {

struct FaceTrainer {
  Device device = Device::cpu;
  trainer::MakeFaceTrainee make;  ///< none on the CPU

  std::string name() const;  ///< as --device calls it
};

/// `auto` takes a GPU where there is one: a run is hours of a CPU.
/// @throws UsageError for what does not exist, DeviceError for cuda where there is none to be had
FaceTrainer resolve_face_trainer(const std::string& device);

}  // namespace app
