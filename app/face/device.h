// What reads faces: chosen by --device and --fusion.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/glue/device.h"
#include "engine/face/classifier.h"
#include "engine/face/model.h"
#include "kernels/conv/face_rung.h"

namespace app {

struct FaceDevice {
  Device device = Device::cpu;
  std::optional<kernels::FaceFusion> fusion;  ///< on the GPU and the emulator: as asked for, or none

  std::string name() const;  ///< as --device calls it
};

/// `auto` is the CPU: a face is 106 M multiplications, a GPU's start some tenths of a second.
/// @throws UsageError for what does not exist, DeviceError for cuda where there is none to be had
FaceDevice resolve_face_device(const std::string& device, const std::string& fusion);

/// @throws UsageError where the wanted rung does not serve the network
std::unique_ptr<engine::FaceClassifier> make_face_classifier(const FaceDevice& device, const engine::FaceModel& model);

}  // namespace app
