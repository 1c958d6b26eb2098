// A stage of the face network, number by number, against the definition.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/conv/launch.h"
#include "tests/kernels/conv/channels_last.h"
#include "tests/kernels/conv/face_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct StageCase {
  int side, in, out;
  bool pool;
  friend void PrintTo(const StageCase& c, std::ostream* out) {
    *out << c.side << " x " << c.side << ", " << c.in << " to " << c.out << (c.pool ? ", pooled" : "");
  }
};
// One pixel, a whole tile, an odd side pooled, ragged tiles; a unit of channels and less, several units, more slices of
// channels than one; for the picture's stage one channel.
const StageCase kMaps[] = {{1, 3, 5, false},   {8, 16, 16, false}, {5, 20, 33, true},   {9, 7, 18, false},
                           {11, 40, 70, true}, {2, 64, 65, true},  {17, 33, 32, false}, {10, 18, 48, true}};
const StageCase kPictures[] = {{1, 1, 3, false}, {9, 1, 40, false}, {8, 1, 16, true}, {17, 1, 18, true}};
constexpr int kCount = 2;  // pictures

float rounded(float x) { return to_float(to_half(x)); }

/// Owns the weights.
struct HostStage {
  std::vector<float> weight, scale, shift;
  FaceStageWeights weights;

  explicit HostStage(const StageCase& c)
      : weight(normals(std::size_t{9} * c.in * c.out, static_cast<float>(std::sqrt(2.0 / 9 / c.in)), 0)),
        scale(normals(c.out, 1, 1)),
        shift(normals(c.out, 0.3f, 2)) {
    for (float& w : weight) w = rounded(w);  // what both precisions can hold
    weights = {c.in, c.out, c.pool, weight, scale, shift};
  }
};

/// Sums of 9 C terms, the partial ones below 8, each rounded by half of 2^-23 of that; and what storing them rounds.
Tolerance tolerance(const StageCase& c, double storing) {
  return {.abs = 9 * (c.in + 1) * 8 * 0x1p-24, .rel = storing};
}

class FaceStageTest : public DeviceCases<StageCase> {
 public:
  /// Runs and compares. @param launch  (operands) enqueues them
  template <class In, class Out, class Launch>
  void compare(const std::vector<In>& in, const std::vector<float>& x, int reads, const void* weight, double storing,
               const Launch& launch) {
    const StageCase& c = param();
    const auto side = static_cast<std::size_t>(c.side);
    conv_reference::Shape shape{kCount, static_cast<std::size_t>(c.in), side, side};
    const conv_reference::Values want = stage_reference(shape, doubles(x), host.weights);
    const auto there = uploaded(stream(), in);
    const auto scale = uploaded(stream(), filled_up(host.weights.scale));
    const auto shift = uploaded(stream(), filled_up(host.weights.shift));
    const auto out = poisoned<Out>(stream(), shape.count * shape.height * shape.width * filled_up(c.out));
    launch({there.data(), weight, scale.data(), shift.data(), out.data(), c.side, reads, filled_up(c.out), c.pool});
    EXPECT_TRUE(close(channels_first(shape, out.to_host()), {want.begin(), want.end()}, tolerance(c, storing)));
  }
  std::vector<float> numbers() const {
    return normals(std::size_t{kCount} * param().in * param().side * param().side, 1, 3);
  }

  HostStage host{param()};
};

class FaceMapStage : public FaceStageTest {};

TEST_P(FaceMapStage, InFp32ItIsTheDefinition) {
  const StageCase& c = param();
  const std::vector<float> x = numbers();
  const auto side = static_cast<std::size_t>(c.side);
  const auto weight = uploaded(stream(), channel_major(host.weights, filled_up(c.in)));
  compare<float, float>(channels_last<float>({kCount, static_cast<std::size_t>(c.in), side, side}, x), x,
                        filled_up(c.in), weight.data(), 2 * 0x1p-24,
                        [&](const StageOp<float, float>& op) { launch_stage(op, kCount, stream()); });
}

TEST_P(FaceMapStage, OnTensorCoresItIsTheDefinition) {
  const StageCase& c = param();
  std::vector<float> x = numbers();
  for (float& v : x) v = rounded(v);
  const auto side = static_cast<std::size_t>(c.side);
  const auto weight = uploaded(stream(), lane_major(host.weights));
  compare<Half, Half>(channels_last<Half>({kCount, static_cast<std::size_t>(c.in), side, side}, x), x, filled_up(c.in),
                      weight.data(), 0x1p-11,
                      [&](const StageOp<Half, Half>& op) { launch_tensor_stage(op, kCount, stream()); });
}

INSTANTIATE_TEST_SUITE_P(All, FaceMapStage, testing::Combine(testing::ValuesIn(kMaps), testing::ValuesIn(backends(2))));

class FacePictureStage : public FaceStageTest {};

TEST_P(FacePictureStage, ItIsTheDefinitionInBothFormats) {
  const std::vector<float> x = numbers();
  const auto weight = uploaded(stream(), channel_major(host.weights, 1));
  compare<float, float>(x, x, 1, weight.data(), 2 * 0x1p-24,
                        [&](const StageOp<float, float>& op) { launch_stage(op, kCount, stream()); });
  compare<float, Half>(x, x, 1, weight.data(), 0x1p-11,
                       [&](const StageOp<float, Half>& op) { launch_stage(op, kCount, stream()); });
}

INSTANTIATE_TEST_SUITE_P(All, FacePictureStage,
                         testing::Combine(testing::ValuesIn(kPictures), testing::ValuesIn(backends(2))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
