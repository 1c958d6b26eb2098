// One program holds the GPU's and the emulator's bodies of everything, side by side.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/device/platform_probe.h"

namespace kernels {
namespace {

// h = sigmoid(0) tanh(sigmoid(0) tanh(1)), 8 roundings
const double kH = 0.5 * std::tanh(0.5 * std::tanh(1.0));
constexpr double kTolerance = 8 * 0x1p-24;

TEST(BothPlatforms, TheEmulatorComputesBesideTheGpu) {
  const ProbeResult emulated = on_emulator::probe();
  EXPECT_TRUE(emulated.device.available);
  EXPECT_NEAR(emulated.h, kH, kTolerance);
  EXPECT_EQ(emulated.device.info.name, "emulated device");
}

TEST(BothPlatforms, TheGpuComputesOrSaysWhyNot) {
  const ProbeResult cuda = on_cuda::probe();
  if (!cuda.device.available) {
    EXPECT_FALSE(cuda.device.why_not.empty());
    EXPECT_FALSE(cuda.device.hint.empty());
    GTEST_SKIP() << "no device: " << cuda.device.why_not << "; " << cuda.device.hint;
  }
  EXPECT_NEAR(cuda.h, kH, kTolerance);
  EXPECT_NE(cuda.device.info.name, "emulated device");
}

}  // namespace
}  // namespace kernels
