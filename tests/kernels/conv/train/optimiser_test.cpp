// Steps of the optimiser on the device against the CPU's, number by number.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/conv/train/optimiser.h"
#include "tests/kernels/conv/train/step_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"
#include "trainer/face/network.h"
#include "trainer/optim/adam.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// 10,000 parameters: more than two blocks of squares, the last one not full.
const TrainCase kCase{"some", 6, {{16, false}, {66, true}}, 3, 1};
constexpr double kRate = 0.01, kDecay = 0.3, kKeep = 0.8;

/// The optimiser's state and the gradient and moments that are about to be taken in, on the CPU.
struct HostRun {
  engine::FaceSpec spec = spec_of(kCase);
  trainer::FaceLayout layout{spec};
  FaceTrainNetwork network = trainer::kernel_network(spec, layout);
  trainer::Pool pool{1};
  trainer::Adam adam{layout.size, {}};
  std::vector<float> parameters = random_parameters(spec, layout), average = parameters;
  std::vector<float> average_moments = normals(static_cast<std::size_t>(network.moments()), 1, 77);

  std::vector<float> gradient(int step, float sigma) const {
    return normals(layout.size, sigma, static_cast<std::uint32_t>(step));
  }
  std::vector<float> moments(int step) const {
    return normals(average_moments.size(), 1, 100 + static_cast<std::uint32_t>(step));
  }
  static void blend(std::vector<float>& to, const std::vector<float>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += static_cast<float>(1 - kKeep) * (from[i] - to[i]);
  }

  void step(int step, float sigma, double clip) {
    const std::vector<float> g = gradient(step, sigma);
    const auto shrink = [&](const trainer::FaceSlot& slot) {
      for (float& w : slot.of(std::span(parameters))) w *= static_cast<float>(1 - kRate * kDecay);
    };
    for (const trainer::FaceLayout::Stage& stage : layout.stages) shrink(stage.conv);
    shrink(layout.head_weight);
    adam.step(parameters, g, kRate, trainer::clip_scale(trainer::gradient_norm(g, pool), clip), pool);
    blend(average, parameters);
    blend(average_moments, moments(step));
  }
};

FaceOptimiserStep numbers(int step, double clip) {
  return {.adam = trainer::adam_numbers({}, step + 1, kRate),
          .clip_norm = clip,
          .decay = static_cast<float>(1 - kRate * kDecay),
          .average = static_cast<float>(1 - kKeep),
          .iteration = step};
}

class FaceOptimiserTest : public DeviceTest {
 public:
  void begin(FaceOptimiser& optimiser, const HostRun& host) {
    optimiser.parameters.upload(host.parameters), optimiser.average.upload(host.average);
    optimiser.average_moments.upload(host.average_moments);
    stream().synchronize();
  }
  void step(FaceOptimiser& optimiser, const std::vector<float>& gradient, const std::vector<float>& moments,
            const FaceOptimiserStep& with) {
    optimiser.gradient.upload(gradient), optimiser.moments.upload(moments);
    optimiser.step(with);
    stream().synchronize();
  }
};

TEST_P(FaceOptimiserTest, StepsAreTheCpus) {
  HostRun host;
  ASSERT_GT(host.layout.size, 2u * 4096);
  FaceOptimiser optimiser(host.network, stream());
  begin(optimiser, host);
  // A norm of 1 clipped to a half, one of 100 not clipped, one below the limit.
  const struct {
    float sigma;
    double clip;
  } steps[] = {{0.01f, 0.5}, {1, 0}, {0.01f, 5}, {0.3f, 5}};
  for (int i = 0; i < 4; ++i) {
    const std::vector<float> gradient = host.gradient(i, steps[i].sigma), moments = host.moments(i);
    step(optimiser, gradient, moments, numbers(i, steps[i].clip));
    host.step(i, steps[i].sigma, steps[i].clip);
    EXPECT_NEAR(optimiser.tally.to_host().front().norm, trainer::gradient_norm(gradient, host.pool), 1e-9);
  }
  // Weights below 4, four steps of some roundings each; Adam's quotient is of size 1, times the rate.
  const Tolerance some{.abs = 4 * 4 * 4 * 0x1p-24};
  EXPECT_TRUE(close(optimiser.parameters.to_host(), host.parameters, some));
  EXPECT_TRUE(close(optimiser.average.to_host(), host.average, some));
  EXPECT_TRUE(close(optimiser.average_moments.to_host(), host.average_moments, some));
  EXPECT_TRUE(close(optimiser.adam_m.to_host(), {host.adam.m().begin(), host.adam.m().end()}, {.abs = 16 * 0x1p-24}));
  EXPECT_TRUE(close(optimiser.adam_v.to_host(), {host.adam.v().begin(), host.adam.v().end()},
                    {.abs = 0x1p-30, .rel = 16 * 0x1p-24}));
}

// Adam's first moment is a tenth of the gradient after one step. A norm of some 1e-5 is where PyTorch's 1e-6 is seen.
TEST_P(FaceOptimiserTest, ASmallGradientIsClippedAsByTheCpu) {
  const HostRun host;
  FaceOptimiser optimiser(host.network, stream());
  begin(optimiser, host);
  const std::vector<float> gradient = host.gradient(0, 1e-7f);
  trainer::Pool pool(1);
  const double norm = trainer::gradient_norm(gradient, pool), limit = 5e-6;
  ASSERT_LT(limit, norm);
  step(optimiser, gradient, host.moments(0), numbers(0, limit));
  std::vector<float> want;
  for (const float g : gradient) want.push_back(static_cast<float>(0.1 * trainer::clip_scale(norm, limit)) * g);
  EXPECT_TRUE(close(optimiser.adam_m.to_host(), want, {.rel = 4 * 0x1p-24}));
}

TEST_P(FaceOptimiserTest, AfterALossOrAGradientThatIsNotFiniteNothingChanges) {
  for (const bool by_loss : {false, true}) {
    const HostRun host;
    FaceOptimiser optimiser(host.network, stream());
    begin(optimiser, host);
    step(optimiser, host.gradient(0, 1), host.moments(0), numbers(0, 5));
    const std::vector<float> parameters = optimiser.parameters.to_host(), v = optimiser.adam_v.to_host();
    const std::vector<float> average = optimiser.average.to_host(), moments = optimiser.average_moments.to_host();
    std::vector<float> broken = host.gradient(1, 1);
    FaceTally tally = optimiser.tally.to_host().front();
    EXPECT_EQ(tally.diverged, 0);
    if (by_loss) {
      tally.last_loss = std::numeric_limits<double>::infinity();
      optimiser.tally.upload(std::span(&tally, 1));
    } else {
      broken[4321] = NAN;
    }
    step(optimiser, broken, host.moments(1), numbers(1, 5));
    tally = optimiser.tally.to_host().front();
    EXPECT_EQ(tally.diverged, 2);
    tally.last_loss = 1;
    optimiser.tally.upload(std::span(&tally, 1));
    step(optimiser, host.gradient(2, 1), host.moments(2), numbers(2, 5));
    EXPECT_EQ(optimiser.tally.to_host().front().diverged, 2) << "a finite one heals nothing";
    step(optimiser, broken, host.moments(3), numbers(3, 5));
    EXPECT_EQ(optimiser.tally.to_host().front().diverged, 2) << "the first is told";
    EXPECT_EQ(optimiser.parameters.to_host(), parameters);
    EXPECT_EQ(optimiser.adam_v.to_host(), v);
    EXPECT_EQ(optimiser.average.to_host(), average);
    EXPECT_EQ(optimiser.average_moments.to_host(), moments);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FaceOptimiserTest, testing::ValuesIn(backends(1)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
