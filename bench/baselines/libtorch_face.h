// The face network in LibTorch, as somebody who knows LibTorch would write it. Where the build has no LibTorch,
// libtorch::available() is false and nothing here may be called.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/face/model.h"
#include "trainer/face/batch.h"

namespace bench::libtorch {

/// At rest: inference mode, normalisation folded into the convolutions, ReLU in place.
class FaceReader {
 public:
  virtual ~FaceReader() = default;
  /// @param pictures  [n, side, side];  @return [n, classes]
  virtual std::vector<float> classify(std::span<const float> pictures) = 0;
};
std::unique_ptr<FaceReader> make_face_reader(const engine::FaceModel& model);

/// In training: convolution, batch normalisation, autograd, clip_grad_norm_ and AdamW.
class FaceTrainer {
 public:
  virtual ~FaceTrainer() = default;
  /// Makes the batch's tensors, outside of what is timed.
  virtual void add_batch(const trainer::FaceBatch& batch) = 0;
  /// @return gradient of every convolution's weights, one stage after the other, [out, in, 3, 3]
  virtual std::vector<float> gradients(std::size_t batch) = 0;
  /// @return the loss before the step
  virtual double iterate(std::size_t batch) = 0;
};
/// @param in_double  computes in double: who is nearer to the truth
std::unique_ptr<FaceTrainer> make_face_trainer(const engine::FaceModel& model, bool in_double = false);

}  // namespace bench::libtorch
