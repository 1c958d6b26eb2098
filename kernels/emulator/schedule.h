// In which order the emulator runs what CUDA leaves open. (policy, async mode, seed) is the whole state: a failure
// prints it, and AFFETTO_EMULATOR_SCHEDULE=warp:random:7 runs exactly that again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kernels::emulator {

enum class Policy {
  kFifo,          ///< threads in order, each as far as it comes
  kReverse,       ///< the same from the last thread to the first
  kWarpPriority,  ///< each warp has a random priority, redrawn now and then: one runs far ahead, another lags
};

/// When an asynchronous copy really happens.
enum class Async {
  kEarly,   ///< when it is issued
  kLate,    ///< when somebody waits for it and nothing else can run
  kRandom,  ///< some time between
};

struct Schedule {
  Policy policy = Policy::kFifo;
  Async async = Async::kEarly;
  std::uint64_t seed = 0;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// "fifo:early:0"
std::string to_string(const Schedule& schedule);
/// @throws std::invalid_argument unless text is policy:async:seed (fifo|reverse|warp, early|late|random, a number)
Schedule parse_schedule(std::string_view text);

/// FIFO and REVERSE with early and late copies, and `seeds` warp-priority ones.
std::vector<Schedule> all_schedules(int seeds);
/// The same; or only that of the environment variable AFFETTO_EMULATOR_SCHEDULE where it is set.
std::vector<Schedule> schedules_to_try(int seeds);

/// What launches run under: the environment variable's schedule, or fifo:early:0, unless a scope says otherwise.
Schedule current_schedule();

/// Launches under `schedule` as long as it lives. Scopes nest; one thread makes them.
class ScheduleScope {
 public:
  explicit ScheduleScope(const Schedule& schedule);
  ~ScheduleScope();
  ScheduleScope(const ScheduleScope&) = delete;
  ScheduleScope& operator=(const ScheduleScope&) = delete;

 private:
  Schedule before_;
};

}  // namespace kernels::emulator
