// Reads a primer on the device.
#pragma once

#include <memory>
#include <span>

#include "engine/data/note.h"
#include "engine/generate/cuda/pieces.h"
#include "kernels/generate/rung.h"

namespace engine::AFFETTO_PLATFORM {

class PrimerReader {
 public:
  PrimerReader(const kernels::NetworkView& network, kernels::StreamRef stream);

  /// From zero state to the end of the primer, which may be empty. Waits until it is done.
  void read(std::span<const Note> primer, DevicePrimed& start);

 private:
  void feed(std::span<const Note> primer, DevicePrimed& start);

  kernels::NetworkView network_;
  kernels::StreamRef stream_;
  std::unique_ptr<kernels::Steps> steps_;  ///< carry mode only: a window needs no computation ahead
  kernels::DeviceBuffer<kernels::Progress> progress_;
  kernels::DeviceBuffer<kernels::VoiceView> voice_;
  kernels::DeviceBuffer<float> readout_;
};

}  // namespace engine::AFFETTO_PLATFORM
