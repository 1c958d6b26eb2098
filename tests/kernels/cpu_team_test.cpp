// Threads that work together.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/cpu/team.h"

namespace kernels {
namespace {

TEST(CpuTeam, EveryMemberWorksOncePerJob) {
  Team team(4);
  ASSERT_EQ(team.size(), 4);
  std::vector<int> done(4);
  int expected[4] = {};
  for (int job = 0; job < 300; ++job) {
    const int members = 1 + job % 4;
    team.run(members, [&](int member) { ++done[member]; });
    for (int m = 0; m < members; ++m) ++expected[m];
  }
  for (int m = 0; m < 4; ++m) EXPECT_EQ(done[m], expected[m]) << "member " << m;
}

TEST(CpuTeam, AfterTheBarrierAllSeeWhatWasWrittenBefore) {
  Team team(3);
  std::vector<int> values(3), sums(3);
  std::atomic<int> wrong{0};
  team.run(3, [&](int member) {
    for (int round = 1; round <= 500; ++round) {
      values[member] = round * (member + 1);
      ASSERT_TRUE(team.barrier().wait());
      sums[member] = std::accumulate(values.begin(), values.end(), 0);
      if (sums[member] != 6 * round) ++wrong;
      ASSERT_TRUE(team.barrier().wait());
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(CpuTeam, AFailureFreesTheOthersAndIsThrown) {
  Team team(3);
  for (int failing = 0; failing < 3; ++failing) {
    std::atomic<int> freed{0};
    try {
      team.run(3, [&](int member) {
        if (member == failing) throw std::runtime_error("member " + std::to_string(member));
        while (team.barrier().wait()) {
        }
        ++freed;
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(e.what(), "member " + std::to_string(failing));
    }
    EXPECT_EQ(freed, 2);
  }
  int done = 0;
  team.run(1, [&](int) { ++done; });
  EXPECT_EQ(done, 1) << "the team still works";
}

}  // namespace
}  // namespace kernels
