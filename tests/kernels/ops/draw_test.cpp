// Cut, merit and draw against their definitions, candidate by candidate.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/ops/draw.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/generate/host_network.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr int kRows = 12;  // twice each way of sampling (host_network.h)

class Draw : public DeviceCases<int> {
 public:
  int candidates() const { return param(); }
  std::size_t lists() const { return kRows * static_cast<std::size_t>(candidates()); }
  std::vector<VoiceView> voices() const {
    std::vector<VoiceView> all;
    for (int i = 0; i < kRows; ++i) all.push_back(voice(i));
    return all;
  }
  std::vector<Progress> progress() const {
    std::vector<Progress> all;
    for (int i = 0; i < kRows; ++i) all.push_back({.written = static_cast<std::uint32_t>(7 * i), .left = i % 5});
    return all;
  }
  /// Rows of sum 1 in multiples of 2^-20, so that every sum of them is exact: many equal ones, zeros, one dominant row.
  std::vector<float> probabilities() const {
    std::vector<float> all(lists(), 0);
    for (int r = 0; r < kRows; ++r) {
      float* p = all.data() + r * candidates();
      int left = 1 << 20;
      for (int v = 0; v < candidates(); ++v) {
        const int some = r == 0 ? 1 : (v * 5 + r) % 4 * (1 << 20) / (2 * candidates());
        const int mass = v + 1 == candidates() ? left : std::min(left, some);
        p[v] = static_cast<float>(mass) * 0x1p-20f;
        left -= mass;
      }
    }
    return all;
  }
};

TEST_P(Draw, TheCutKeepsWhatTheDefinitionKeeps) {
  const std::vector<float> p = probabilities();
  const std::vector<VoiceView> voices = this->voices();
  std::vector<float> want(lists(), NAN);
  cut_tail_ref({p.data(), voices.data(), want.data(), kRows, candidates()});
  const auto p_there = uploaded(stream(), p), kept = poisoned<float>(stream(), lists());
  const auto voices_there = uploaded(stream(), voices);
  cut_tail({p_there.data(), voices_there.data(), kept.data(), kRows, candidates()}, stream());
  EXPECT_EQ(kept.to_host(), want);
}

TEST_P(Draw, MeritIsThatOfTheDefinition) {
  const std::vector<float> blended = normals(lists(), 3, 5), kept = probabilities();
  std::vector<VoiceView> voices = this->voices();
  std::vector<Progress> progress = this->progress();
  std::vector<float> want(lists(), NAN);
  Merit op{blended.data(),
           kept.data(),
           {.voices = voices.data(), .progress = progress.data(), .rows = kRows},
           want.data(),
           candidates()};
  merit_ref(op);
  const auto blended_there = uploaded(stream(), blended), kept_there = uploaded(stream(), kept);
  const auto voices_there = uploaded(stream(), voices);
  const auto progress_there = uploaded(stream(), progress);
  const auto merit_there = poisoned<float>(stream(), lists());
  merit({blended_there.data(),
         kept_there.data(),
         {.voices = voices_there.data(), .progress = progress_there.data(), .rows = kRows},
         merit_there.data(),
         candidates()},
        stream());
  const std::vector<float> got = merit_there.to_host();
  for (std::size_t i = 0; i < lists(); ++i) {
    if (std::isinf(want[i])) {
      EXPECT_EQ(got[i], want[i]) << "cut candidate " << i;
    } else {
      // doubles, rounded once to float on either side, at sizes up to 32
      EXPECT_NEAR(got[i], want[i], 32 * 2 * 0x1p-24) << "candidate " << i;
    }
  }
}

TEST_P(Draw, PitchesAreThoseOfTheDefinitionAndOthersAreLeftAlone) {
  const std::vector<float> kept = probabilities();
  std::vector<int> best(kRows);
  std::iota(best.begin(), best.end(), 0);
  std::vector<VoiceView> voices = this->voices();
  const auto kept_there = uploaded(stream(), kept);
  const auto best_there = uploaded(stream(), best);
  const auto voices_there = uploaded(stream(), voices);
  for (std::uint32_t note = 0; note < 8; ++note) {
    std::vector<Progress> progress = this->progress();
    for (Progress& p : progress) p.written += note;
    std::vector<int> want(kRows, -1);
    std::vector<double> want_u(kRows, NAN);
    draw_pitch_ref({kept.data(),
                    best.data(),
                    {.voices = voices.data(), .progress = progress.data(), .rows = kRows},
                    want.data(),
                    want_u.data(),
                    candidates()});
    const auto progress_there = uploaded(stream(), progress);
    const auto pitch = poisoned<int>(stream(), kRows);
    const auto u = poisoned<double>(stream(), kRows);
    draw_pitch({kept_there.data(),
                best_there.data(),
                {.voices = voices_there.data(), .progress = progress_there.data(), .rows = kRows},
                pitch.data(),
                u.data(),
                candidates()},
               stream());
    EXPECT_EQ(pitch.to_host(), want);
    const std::vector<double> got_u = u.to_host();
    for (std::size_t r = 0; r < kRows; ++r) {
      EXPECT_TRUE(got_u[r] == want_u[r] || (std::isnan(got_u[r]) && std::isnan(want_u[r]))) << "row " << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Draw, testing::Combine(testing::Values(1, 12, 33, 128), testing::ValuesIn(backends(1))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
