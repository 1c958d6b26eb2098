// A face network trained on the CPU.
#pragma once

#include "trainer/face/stepper.h"
#include "trainer/face/trainee.h"
#include "trainer/optim/adam.h"

namespace trainer {

/// The bits do not depend on the threads.
class CpuFaceTrainee final : public FaceTrainee {
 public:
  CpuFaceTrainee(const engine::FaceSpec& spec, const FaceLayout& layout, Pool& pool, std::size_t batch);

  void restore(const FaceState& state) override;
  void iterate(const FaceBatch& batch, const FaceStep& step) override;
  FaceProgressSums sums() override;
  FaceState state() override;

 private:
  void decay(float keep);
  void follow(float share);

  const FaceLayout& layout_;
  Pool& pool_;
  FaceStepper stepper_;
  Adam adam_;
  std::vector<float> parameters_, gradient_, average_;
  FaceMoments moments_;
  FaceProgressSums sums_;
};

}  // namespace trainer
