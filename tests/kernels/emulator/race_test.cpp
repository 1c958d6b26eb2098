// What the race detector finds, in builds that have it: each mutant runs in a process of its own, because a report ends
// in its exit code.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ostream>
#include <string>
#include <vector>

#include "kernels/emulator/schedule.h"
#include "tests/kernels/emulator/mutants.h"

namespace kernels {

void PrintTo(const Mutant& mutant, std::ostream* out) {
  *out << mutant.kernel << ' ' << mutant.number << ", without " << mutant.lacks;
}

namespace {

constexpr int kReported = 66;  // the detector's exit code
constexpr int kSeeds = 3;      // one of each async mode; the detector needs no luck with the order

// The exit code of the mutant's process; its messages are dropped.
int exit_code(const Mutant& mutant, const emulator::Schedule& schedule) {
  std::vector<std::string> words = {AFFETTO_MUTANT, mutant.kernel, std::to_string(mutant.number), to_string(schedule)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string options = "TSAN_OPTIONS=halt_on_error=1 exitcode=" + std::to_string(kReported);
  char* environment[] = {options.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -2;
  return WEXITSTATUS(status);
}

class Race : public testing::TestWithParam<Mutant> {};

TEST_P(Race, IsReportedUnderSomeSchedule) {
  std::string codes;
  bool reported = false;
  for (const emulator::Schedule& schedule : emulator::all_schedules(kSeeds)) {
    const int code = exit_code(GetParam(), schedule);
    EXPECT_TRUE(code == 0 || code == 3 || code == kReported) << to_string(schedule) << ": exit code " << code;
    codes += to_string(schedule) + " " + std::to_string(code) + ", ";
    reported = reported || code == kReported;
    if (reported) break;
  }
  RecordProperty("codes", codes);
  if (GetParam().number == 0) {
    EXPECT_FALSE(reported) << "of a kernel that has none: " << codes;
  } else if (GetParam().races) {
    EXPECT_TRUE(reported) << codes;
  }
}

std::vector<Mutant> racing_and_originals() {
  std::vector<Mutant> all;
  for (const char* kernel : mutant_kernels()) all.push_back({kernel, 0, "nothing", false, false, false});
  for (const Mutant& mutant : mutants()) {
    if (mutant.races) all.push_back(mutant);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Race, testing::ValuesIn(racing_and_originals()));

}  // namespace
}  // namespace kernels
