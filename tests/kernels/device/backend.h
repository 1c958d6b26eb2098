// Where a test of device code runs: on the emulator under one schedule after another, or on the GPU.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/runtime/device.h"
#include "kernels/runtime/stream.h"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/schedule.h"
#endif

namespace kernels::inline AFFETTO_PLATFORM {

struct Backend {
  std::string name;
#if defined(AFFETTO_EMULATED)
  emulator::Schedule schedule;
#endif
  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

/// On the emulator: FIFO and REVERSE with early and late copies, and `seeds` warp-priority schedules; else the GPU.
inline std::vector<Backend> backends([[maybe_unused]] int seeds = 4) {
#if defined(AFFETTO_EMULATED)
  std::vector<Backend> all;
  for (const emulator::Schedule& schedule : emulator::schedules_to_try(seeds)) {
    all.push_back({to_string(schedule), schedule});
  }
  return all;
#else
  return {{"gpu"}};
#endif
}

/// Works on a backend, with a stream of its own, as long as it lives.
class OnBackend {
 public:
  explicit OnBackend([[maybe_unused]] const Backend& backend)
#if defined(AFFETTO_EMULATED)
      : scope_(backend.schedule)
#endif
  {
  }
  StreamRef stream() const { return stream_; }

 private:
#if defined(AFFETTO_EMULATED)
  emulator::ScheduleScope scope_;
#endif
  Stream stream_;
};

/// A fixture's common half: skips, with the reason, where there is no device.
class BackendFixture {
 public:
  StreamRef stream() const { return on_->stream(); }

 protected:
  void enter(const Backend& backend) {
    const DeviceState state = device_state();
    if (!state.available) GTEST_SKIP() << "no device: " << state.why_not << "; " << state.hint;
    on_.emplace(backend);
  }
  void leave() { on_.reset(); }

 private:
  std::optional<OnBackend> on_;
};

/// TEST_P of one backend each.
class DeviceTest : public testing::TestWithParam<Backend>, public BackendFixture {
 protected:
  void SetUp() override { enter(GetParam()); }
  void TearDown() override { leave(); }
};

/// TEST_P of each case on each backend: testing::Combine(testing::ValuesIn(cases), testing::ValuesIn(backends())).
template <typename Case>
class DeviceCases : public testing::TestWithParam<std::tuple<Case, Backend>>, public BackendFixture {
 public:
  const Case& param() const { return std::get<0>(this->GetParam()); }

 protected:
  void SetUp() override { enter(std::get<1>(this->GetParam())); }
  void TearDown() override { leave(); }
};

}  // namespace kernels::inline AFFETTO_PLATFORM
