#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

#include "kernels/conv/face_rung.h"
#include "kernels/conv/rungs.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kMostSlots = 65535;  ///< blocks of a grid's third dimension

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("face network: " + why); }

void require_size(const std::string& what, std::span<const float> values, std::int64_t wanted) {
  if (static_cast<std::int64_t>(values.size()) == wanted) return;
  refuse(what + " has " + std::to_string(values.size()) + " numbers, expected " + std::to_string(wanted));
}

void check_stage(const FaceStageWeights& stage, const std::string& name, int reads) {
  if (stage.out < 1) refuse(name + " has " + std::to_string(stage.out) + " channels");
  if (stage.in != reads) refuse(name + " reads " + std::to_string(stage.in) + " channels of " + std::to_string(reads));
  require_size(name + "'s convolution", stage.weight, std::int64_t{9} * stage.in * stage.out);
  require_size(name + "'s scale", stage.scale, stage.out);
  require_size(name + "'s shift", stage.shift, stage.out);
}

void check_weights(const FaceWeights& weights) {
  if (weights.stages.empty()) refuse("no stages");
  int side = weights.side, reads = 1;
  for (std::size_t i = 0; i < weights.stages.size(); ++i) {
    const FaceStageWeights& stage = weights.stages[i];
    check_stage(stage, "stage " + std::to_string(i), reads);
    reads = stage.out;
    side = stage.pool ? side / 2 : side;
  }
  if (side < 1) refuse("pooling leaves nothing of " + std::to_string(weights.side) + " pixels");
  if (weights.classes < 1) refuse("no classes");
  require_size("the head's weight", weights.head_weight, std::int64_t{weights.classes} * weights.features());
  require_size("the head's bias", weights.head_bias, weights.classes);
}

/// Of fp16: what its largest number rounds from is excluded.
bool in_range(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::fabs(v) < 65520.0f; });
}

std::string why_not_fp16(FaceFusion fusion, const FaceWeights& weights) {
  for (std::size_t i = 1; i < weights.stages.size(); ++i) {
    if (in_range(weights.stages[i].weight)) continue;
    return "stage " + std::to_string(i) + " has weights beyond fp16, in which rung " + name_of(fusion) + " multiplies";
  }
  return "";
}

}  // namespace

FaceRung::FaceRung(const FaceWeights& weights, int slots)
    : side_(weights.side), classes_(weights.classes), slots_(slots) {}

void FaceRung::classify(const float* pictures, int n, float* probabilities) {
  if (n < 0) throw std::invalid_argument("FaceRung::classify: " + std::to_string(n) + " pictures");
  const std::ptrdiff_t pixels = std::ptrdiff_t{side_} * side_;
  for (std::ptrdiff_t first = 0; first < n; first += slots_) {
    const auto count = static_cast<int>(std::min<std::ptrdiff_t>(slots_, n - first));
    run(pictures + first * pixels, count, probabilities + first * classes_);
  }
}

std::string why_not(FaceFusion fusion, const FaceWeights& weights) {
  if (fusion < FaceFusion::tensor) return "";
  const std::string why = why_not_fp16(fusion, weights);
  return !why.empty() || fusion == FaceFusion::tensor ? why : why_not_whole_face_rung(weights);
}

std::unique_ptr<FaceRung> make_face_rung(FaceFusion fusion, const FaceWeights& weights, int slots, StreamRef stream) {
  check_weights(weights);
  if (slots < 1 || slots > kMostSlots)
    refuse(std::to_string(slots) + " slots, expected 1 to " + std::to_string(kMostSlots));
  if (const std::string why = why_not(fusion, weights); !why.empty()) throw std::invalid_argument(why);
  switch (fusion) {
    case FaceFusion::unfused:
      return make_unfused_face_rung(weights, slots, stream);
    case FaceFusion::stage:
      return make_stage_face_rung(weights, slots, stream);
    case FaceFusion::tensor:
      return make_tensor_face_rung(weights, slots, stream);
    case FaceFusion::whole:
      break;
  }
  return make_whole_face_rung(weights, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
