// The fusion ladder of the face network: the same probabilities at every rung, with ever fewer launches and less
// traffic between them. The network is stages of 3x3 convolution (zeros around the map), a scale and a shift for each
// channel (batch normalisation, folded), ReLU and perhaps 2x2 pooling (a last odd row or column is passed over); then
// the mean over the pixels that are left, a dense layer, softmax. conv_reference is the definition of the first four.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device/platform.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// In rising order of what is fused.
///   unfused  each operation a kernel of its own; convolution directly, a thread an output
///   stage    a stage one kernel, a thread four pixels of four channels; mean, dense and softmax one kernel
///   tensor   the same on tensor cores: operands fp16, sums fp32
///   whole    the network one launch, a picture a block, its maps in shared memory; fp16 as tensor
enum class FaceFusion { unfused, stage, tensor, whole };

inline constexpr std::array<const char*, 4> kFaceFusionNames = {"unfused", "stage", "tensor", "whole"};
inline const char* name_of(FaceFusion fusion) { return kFaceFusionNames[static_cast<std::size_t>(fusion)]; }
inline std::optional<FaceFusion> find_face_fusion(std::string_view name) {
  for (std::size_t i = 0; i < kFaceFusionNames.size(); ++i) {
    if (name == kFaceFusionNames[i]) return static_cast<FaceFusion>(i);
  }
  return std::nullopt;
}

inline constexpr int kMaxFaceStages = 16;  ///< of the rung whole, whose launch carries them all

/// One stage, in host memory.
struct FaceStageWeights {
  int in = 0, out = 0;  ///< channels; the first stage reads one
  bool pool = false;
  std::span<const float> weight;        ///< [out, in, 3, 3]
  std::span<const float> scale, shift;  ///< [out]
};

struct FaceWeights {
  int side = 0;  ///< pixels of the picture
  std::vector<FaceStageWeights> stages;
  int classes = 0;
  std::span<const float> head_weight;  ///< [classes, features]
  std::span<const float> head_bias;    ///< [classes]
  float temperature = 1;               ///< logits are divided by it

  int features() const { return stages.back().out; }
};

inline namespace AFFETTO_PLATFORM {

/// One rung, for one network. All device memory it needs is taken at construction, on its stream.
class FaceRung {
 public:
  virtual ~FaceRung() = default;
  /// Enqueues; returns at once, allocates nothing, waits for nothing, and can be captured. More pictures than there are
  /// slots are taken in parts. A picture's probabilities do not depend on the others, nor on the slots.
  /// @param pictures       device, [n, side, side] standardised
  /// @param probabilities  device, [n, classes]
  /// @throws std::invalid_argument for n < 0; CudaError
  void classify(const float* pictures, int n, float* probabilities);

 protected:
  FaceRung(const FaceWeights& weights, int slots);

 private:
  /// The same for 1 to `slots` pictures.
  virtual void run(const float* pictures, int n, float* probabilities) = 0;

  int side_, classes_, slots_;
};

/// Empty if the rung serves the network, whose sizes agree; else why not, in words that name the rung.
std::string why_not(FaceFusion fusion, const FaceWeights& weights);

/// Uploads, and waits until that is done: the weights' memory may go.
/// @param slots  pictures that are worked on at once
/// @throws std::invalid_argument for sizes that do not agree, for slots below 1, and with why_not's words; CudaError
std::unique_ptr<FaceRung> make_face_rung(FaceFusion fusion, const FaceWeights& weights, int slots, StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
