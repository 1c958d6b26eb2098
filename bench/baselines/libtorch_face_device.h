// The face network in LibTorch on a GPU, pictures and probabilities left there, in the forms in which somebody who
// knows LibTorch would try it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/baselines/libtorch_device.h"
#include "engine/face/model.h"

namespace bench::libtorch {

enum class FaceVariant {
  eager_fp32,  ///< each operation launched as it comes, strict fp32
  graph_tf32,  ///< one CUDA graph, TF32 allowed in cuDNN
  graph_fp16,  ///< one CUDA graph, fp16, channels last: what cuDNN's tensor core kernels like best
};
inline constexpr FaceVariant kFaceVariants[] = {FaceVariant::eager_fp32, FaceVariant::graph_tf32,
                                                FaceVariant::graph_fp16};
inline const char* name_of(FaceVariant variant) {
  constexpr const char* kNames[] = {"eager_fp32", "graph_tf32", "graph_fp16"};
  return kNames[static_cast<int>(variant)];
}

class DeviceFaceReader {
 public:
  virtual ~DeviceFaceReader() = default;
  /// Reads all pictures so many times, one after the other, and waits.
  virtual void read(int times) = 0;
  /// Of the last time. @return [n, classes]
  virtual std::vector<float> probabilities() = 0;
};
/// @param place  the CPU only to see that the forms are right where there is no GPU: in fp32, without graphs
std::unique_ptr<DeviceFaceReader> make_device_face_reader(const engine::FaceModel& model, FaceVariant variant,
                                                          std::span<const float> pictures, Place place);

}  // namespace bench::libtorch
