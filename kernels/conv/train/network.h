// What is trained: a face network, and where its parameters stand in one flat array. Plain data.
#pragma once

#include <cstdint>
#include <vector>

namespace kernels {

/// One stage, and where its parameters stand in the flat array.
struct FaceTrainStage {
  int in = 0, out = 0;  ///< channels; the first stage reads one
  bool pool = false;
  std::int64_t conv = 0;             ///< [3, 3, in, out]
  std::int64_t gamma = 0, beta = 0;  ///< [out]
};

struct FaceTrainNetwork {
  int side = 0;  ///< pixels of the picture
  std::vector<FaceTrainStage> stages;
  int classes = 0;
  double epsilon = 1e-5;         ///< of the normalisations
  std::int64_t head_weight = 0;  ///< [classes, features]
  std::int64_t head_bias = 0;    ///< [classes]
  std::int64_t size = 0;         ///< parameters

  int features() const { return stages.back().out; }
  /// Of the moments: stage after stage the means, then the variances, of its channels.
  std::int64_t moments() const {
    std::int64_t count = 0;
    for (const FaceTrainStage& stage : stages) count += std::int64_t{2} * stage.out;
    return count;
  }
};

inline constexpr int kMostFaceTrainSlots = 65535;  ///< pictures of a batch: blocks of a grid's third dimension

/// What iterations add up to, in device memory; all bytes zero before the first.
struct FaceTally {
  double loss = 0;                         ///< sum over pictures, nats
  std::int64_t correct = 0, pictures = 0;  ///< whose highest logit is the target's highest; of how many
  double last_loss = 0, norm = 0;          ///< of the last iteration: mean loss, and its gradient's norm
  std::int64_t diverged = 0;  ///< 1 + the first iteration whose loss or gradient was not finite; 0: there was none
};

}  // namespace kernels
