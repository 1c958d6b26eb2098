// One iteration of training the face network on the device: the loss of a batch and its gradient, with back-propagation
// written by hand. The network is that of face_rung.h, normalised by the batch's own moments, its features thinned by
// dropout, its loss cross-entropy against shares of opinion. trainer/face/reference.h is the definition.
//
// A number is summed in an order that only the network and the batch decide (no atomics on floats): the same batch
// makes the same bits, whenever and beside whatever it runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "kernels/conv/train/network.h"
#include "kernels/device/platform.h"
#include "kernels/runtime/stream.h"

namespace kernels {

/// What multiplies, and what maps are kept in; everything between the products is the same at every rung. Parameters,
/// their gradients and moments are fp32.
///   unfused  fp32: the three products directly, everything else a kernel of its own
///   tensor   maps and their gradients in bf16, products on tensor cores, which take the moments of what they make
enum class FaceTrainFusion { unfused, tensor };

inline constexpr std::array<const char*, 2> kFaceTrainFusionNames = {"unfused", "tensor"};
inline const char* name_of(FaceTrainFusion fusion) { return kFaceTrainFusionNames[static_cast<std::size_t>(fusion)]; }
inline std::optional<FaceTrainFusion> find_face_train_fusion(std::string_view name) {
  for (std::size_t i = 0; i < kFaceTrainFusionNames.size(); ++i) {
    if (name == kFaceTrainFusionNames[i]) return static_cast<FaceTrainFusion>(i);
  }
  return std::nullopt;
}

/// What one iteration reads; pointers are the device's.
struct FaceTrainBatch {
  const float* pictures = nullptr;  ///< [n, side, side] standardised
  const float* targets = nullptr;   ///< [n, classes]
  int n = 0;
  double dropout = 0;                     ///< rate, of the features
  std::uint64_t seed = 0, iteration = 0;  ///< of the dropout masks
};

/// What one iteration writes; pointers are the device's.
struct FaceTrainResults {
  float* gradient = nullptr;  ///< [size], all of it
  float* moments =
      nullptr;  ///< [network.moments()] of the batch; variances are the sample's, as PyTorch's running ones
  FaceTally* tally = nullptr;  ///< the batch is added
};

inline namespace AFFETTO_PLATFORM {

/// One rung, for one network. All device memory it needs is taken at construction, on its stream.
class FaceTrainRung {
 public:
  virtual ~FaceTrainRung() = default;
  /// Enqueues; returns at once, allocates nothing, waits for nothing.
  /// @param parameters  device, [size]
  /// @throws std::invalid_argument for no pictures or more than slots; CudaError
  virtual void gradients(const float* parameters, const FaceTrainBatch& batch, const FaceTrainResults& results) = 0;
};

/// @param slots  most pictures of a batch
/// @throws std::invalid_argument for sizes that do not agree, or slots below 1 or beyond a grid; CudaError
std::unique_ptr<FaceTrainRung> make_face_train_rung(FaceTrainFusion fusion, const FaceTrainNetwork& network, int slots,
                                                    StreamRef stream);

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
