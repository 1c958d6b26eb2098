// Reading faces on the CPU: float32, all cores, alone or in batches.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/face/classifier.h"
#include "engine/face/model.h"

namespace engine {

/// picture = (picture - mean) / deviation, both of the picture itself, in grey levels; a deviation below one level
/// counts as one, so that a wall stays flat.
void standardise(std::span<float> picture);
void standardise(std::span<const std::uint8_t> pixels, std::span<float> picture);

class FaceNetwork final : public FaceClassifier {
 public:
  /// @param threads  0: as many as the processor has. The probabilities do not depend on them, nor on the batch.
  explicit FaceNetwork(const FaceModel& model, int threads = 0);
  ~FaceNetwork() override;
  FaceNetwork(FaceNetwork&&) noexcept;
  FaceNetwork& operator=(FaceNetwork&&) noexcept;

  const FaceSpec& spec() const override;
  void classify(std::span<const float> pictures, std::span<double> probabilities) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Weights as kernels/cpu/conv has them, [3, 3, in, out], from PyTorch's [out, in, 3, 3]; and back.
std::vector<float> taps_first(const Tensor& weight);
Tensor taps_last(std::span<const float> taps, std::int64_t in, std::int64_t out);

}  // namespace engine
