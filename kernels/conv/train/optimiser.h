// What turns a face network's gradient into its next weights, on the device: clipping by the gradient's norm, AdamW
// with decoupled decay (Loshchilov & Hutter, 2019), and averages of weights and moments. The whole state of a run stays
// there.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv/train/face_train_rung.h"
#include "kernels/cpu/train.h"
#include "kernels/runtime/buffer.h"

namespace kernels {

/// One step, in host memory. Its numbers are made on the host: none of them depends on what the device computed.
struct FaceOptimiserStep {
  AdamStep adam;               ///< numbers only: no pointers, count and gradient_scale
  double clip_norm = 0;        ///< largest gradient norm, 0: no clipping
  float decay = 1;             ///< factor of the weights of convolutions and of the head, before the step
  float average = 0;           ///< share of what the averages lack that they take over
  std::int64_t iteration = 0;  ///< for FaceTally::diverged
};

inline namespace AFFETTO_PLATFORM {

/// Of a step: made by one kernel, read by the next.
struct StepScale {
  float scale = 1;  ///< of the gradient
  int go = 0;       ///< 0: training has diverged, nothing changes any more
};

struct SquaresOp {
  const float* gradient = nullptr;
  double* parts = nullptr;  ///< [square_parts(count)]
  StepScale* scale = nullptr;
  FaceTally* tally = nullptr;
  std::int64_t count = 0;
  double clip_norm = 0;
  std::int64_t iteration = 0;
};
int square_parts(std::int64_t count);
/// The gradient's norm, what it must be multiplied by, and whether anything is to be done.
void launch_gradient_norm(const SquaresOp& op, StreamRef stream);

struct AdamwOp {
  AdamStep adam;                         ///< its pointers are the device's
  float* averaged = nullptr;             ///< weights, averaged
  const std::uint8_t* decays = nullptr;  ///< 1 for each parameter that decays
  const StepScale* scale = nullptr;
  float decay = 1, average = 0;
};
void launch_adamw(const AdamwOp& op, StreamRef stream);

/// to += share (from - to)
struct FollowOp {
  float* to = nullptr;
  const float* from = nullptr;
  const StepScale* scale = nullptr;
  float share = 0;
  std::int64_t count = 0;
};
void launch_follow(const FollowOp& op, StreamRef stream);

/// A run's state, in device memory that is taken at construction.
class FaceOptimiser {
 public:
  /// Parameters, averages and moments are whatever the caller uploads; Adam's moments and the tally begin at zero.
  FaceOptimiser(const FaceTrainNetwork& network, StreamRef stream);

  /// What an iteration writes and step() reads.
  FaceTrainResults results() const { return {gradient.data(), moments.data(), tally.data()}; }
  /// Enqueues one step with what is in results(). Once the loss or the norm was not finite, nothing changes any more.
  void step(const FaceOptimiserStep& step);

  DeviceBuffer<float> parameters, gradient, adam_m, adam_v, average;  ///< [size]
  DeviceBuffer<float> moments, average_moments;                       ///< [network.moments()]
  DeviceBuffer<FaceTally> tally;                                      ///< [1]

 private:
  StreamRef stream_;
  DeviceBuffer<std::uint8_t> decays_;  // [size]
  DeviceBuffer<double> parts_;
  DeviceBuffer<StepScale> scale_;  // [1]
};

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
