// What the environment variables do, each in a process of its own: they are read once.
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "kernels/emulator/faults.h"
#include "kernels/emulator/schedule.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class EnvironmentDeathTest : public testing::Test {
 protected:
  // The child runs this program anew, and so reads the variable for the first time.
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
  void TearDown() override {
    unsetenv("AFFETTO_EMULATOR_SCHEDULE");
    unsetenv("AFFETTO_EMULATOR_FAULT");
  }
};

TEST_F(EnvironmentDeathTest, AScheduleIsTheOnlyOneTried) {
  setenv("AFFETTO_EMULATOR_SCHEDULE", "warp:late:99", 1);
  const auto child = [] {
    const emulator::Schedule wanted{emulator::Policy::kWarpPriority, emulator::Async::kLate, 99};
    const auto tried = emulator::schedules_to_try(5);
    std::exit(emulator::current_schedule() == wanted && tried.size() == 1 && tried[0] == wanted ? 42 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(42), "");
}

TEST_F(EnvironmentDeathTest, AFaultStrikesTheNthCall) {
  setenv("AFFETTO_EMULATOR_FAULT", "alloc:2", 1);
  const auto child = [] {
    const Stream stream;
    const DeviceBuffer<int> first(stream, 1);
    try {
      const DeviceBuffer<int> second(stream, 1);
    } catch (const OutOfMemory&) {
      const DeviceBuffer<int> third(stream, 1);
      std::exit(42);
    }
    std::exit(1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(42), "");
}

TEST_F(EnvironmentDeathTest, AFaultThatIsNoneIsRefused) {
  for (const char* text : {"alloc", "alloc:", "alloc:0", "alloc:2x", "memory:1"}) {
    setenv("AFFETTO_EMULATOR_FAULT", text, 1);
    const auto child = [] {
      try {
        emulator::maybe_fail(emulator::Fault::kCopy, "copy");
      } catch (const std::invalid_argument&) {
        std::exit(42);
      }
      std::exit(1);
    };
    EXPECT_EXIT(child(), testing::ExitedWithCode(42), "") << text;
  }
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
