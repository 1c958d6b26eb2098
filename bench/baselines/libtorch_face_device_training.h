// Training the face network with LibTorch on a GPU, in the forms in which somebody who knows LibTorch would try it.
#pragma once

#include <memory>
#include <vector>

#include "bench/baselines/libtorch_device.h"
#include "engine/face/model.h"
#include "trainer/face/batch.h"

namespace bench::libtorch {

enum class FaceTrainVariant {
  eager_fp32,  ///< each operation launched as it comes, strict fp32; LibTorch's clip_grad_norm_ and AdamW
  eager_bf16,  ///< the same with maps and products in bf16, channels last
  graph_bf16,  ///< and all of an iteration as one CUDA graph, clipping and AdamW by operations on flat arrays
};
inline constexpr FaceTrainVariant kFaceTrainVariants[] = {FaceTrainVariant::eager_fp32, FaceTrainVariant::eager_bf16,
                                                          FaceTrainVariant::graph_bf16};
inline const char* name_of(FaceTrainVariant variant) {
  constexpr const char* kNames[] = {"eager_fp32", "eager_bf16", "graph_bf16"};
  return kNames[static_cast<int>(variant)];
}

class DeviceFaceTrainer {
 public:
  virtual ~DeviceFaceTrainer() = default;
  /// Of every convolution's weights, one stage after the other, [out, in, 3, 3].
  virtual std::vector<float> gradients() = 0;
  /// So many iterations over the batches in turns, each copied from page-locked host memory; waits for the last.
  virtual void iterate(int times) = 0;
  /// Of the last iteration, before its step.
  virtual double loss() = 0;
};

/// How AdamW steps; LibTorch's other numbers are its defaults, which are ours.
struct FaceTrainRates {
  double rate = 1e-4, decay = 1e-2, clip = 5;
};

/// @param batches  of one size
/// @param place    the CPU only to see that the forms are right where there is no GPU: in fp32, without graphs
std::unique_ptr<DeviceFaceTrainer> make_device_face_trainer(const engine::FaceModel& model, FaceTrainVariant variant,
                                                            const FaceTrainRates& rates,
                                                            const std::vector<trainer::FaceBatch>& batches,
                                                            Place place);

}  // namespace bench::libtorch
