// A rung of the face network with its pictures in device memory: what the kernels cost, and nothing else. One body per
// platform; the emulator's shows that it works, its times mean nothing.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/face/model.h"
#include "kernels/conv/face_rung.h"

namespace bench::gpu {

class FaceRuns {
 public:
  virtual ~FaceRuns() = default;
  /// Reads all pictures so many times, one after the other, as graphs, and waits.
  virtual void read(int times) = 0;
  /// Of the last time. @return [n, classes]
  virtual std::vector<float> probabilities() = 0;
};

namespace on_cuda {
/// @throws std::invalid_argument with why_not's words
std::unique_ptr<FaceRuns> make_face_runs(const engine::FaceModel& model, kernels::FaceFusion fusion,
                                         std::span<const float> pictures);
}  // namespace on_cuda
namespace on_emulator {
std::unique_ptr<FaceRuns> make_face_runs(const engine::FaceModel& model, kernels::FaceFusion fusion,
                                         std::span<const float> pictures);
}  // namespace on_emulator

}  // namespace bench::gpu
