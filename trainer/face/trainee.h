// A face network while it is trained, on whatever computes: it takes batches, and shows its state when it is asked to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "trainer/face/batch.h"
#include "trainer/face/layout.h"

namespace trainer {

/// What a checkpoint keeps of a network.
struct FaceState {
  std::vector<float> parameters, adam_m, adam_v, average;  ///< by the layout
  FaceMoments moments;                                     ///< running ones of the averaged weights
  std::int64_t iteration = 0;                              ///< steps taken
};

/// How an iteration steps; FaceTrainOptions says what the numbers mean.
struct FaceStep {
  double rate = 0, weight_decay = 0, clip_norm = 0, average = 0;

  float decay() const { return static_cast<float>(1 - rate * weight_decay); }
  /// What averages take over in an iteration, from 0: quick at first, so that they forget where they began.
  float share(std::int64_t iteration) const;
};

/// Of the iterations since it was last asked for.
struct FaceProgressSums {
  double loss = 0;           ///< sum over pictures, nats
  std::size_t correct = 0;   ///< pictures
  double gradient_norm = 0;  ///< of the last iteration
};

class FaceTrainee {
 public:
  virtual ~FaceTrainee() = default;
  virtual void restore(const FaceState& state) = 0;
  /// One step. A device may be at work still when this returns, and tell of a divergence only when it is next asked
  /// for something.
  /// @throws engine::Error where the loss or the gradient was not finite; the state is then that before the iteration
  virtual void iterate(const FaceBatch& batch, const FaceStep& step) = 0;
  /// Both wait until the device is done. @throws as iterate
  virtual FaceProgressSums sums() = 0;
  virtual FaceState state() = 0;
};

/// @param batch  most pictures of an iteration
using MakeFaceTrainee = std::function<std::unique_ptr<FaceTrainee>(const engine::FaceSpec& spec,
                                                                   const FaceLayout& layout, std::size_t batch)>;

/// Throws engine::Error for an iteration that diverged, with what to do.
[[noreturn]] void refuse_divergence(std::int64_t iteration, double loss, double norm, double rate);

}  // namespace trainer
