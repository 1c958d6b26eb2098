// What trains faces: chosen by --device and --fusion.
#pragma once

#include <optional>
#include <string>

#include "app/glue/device.h"
#include "kernels/conv/train/face_train_rung.h"
#include "trainer/face/trainee.h"

namespace app {

struct FaceTrainer {
  Device device = Device::cpu;
  std::optional<kernels::FaceTrainFusion> fusion;  ///< none on the CPU
  trainer::MakeFaceTrainee make;                   ///< none on the CPU

  std::string name() const;         ///< as --device calls it
  std::string fusion_name() const;  ///< as --fusion calls it, empty on the CPU
};

/// `auto` takes a GPU where there is one: a run is hours of a CPU.
/// @throws UsageError for what does not exist, DeviceError for cuda where there is none to be had
/// @param fusion  empty: the rung that steps as the CPU does
FaceTrainer resolve_face_trainer(const std::string& device, const std::string& fusion);

}  // namespace app
