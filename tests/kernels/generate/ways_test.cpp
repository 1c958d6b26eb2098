// What may be chosen by the number of pieces: every way of a family writes the family's bits. And what is left of it on
// GPUs that lack what the kernels like best.
#include <gtest/gtest.h>

#include "kernels/generate/rung.h"
#include "kernels/runtime/error.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/virtual_device.h"
#endif

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct WaysCase {
  NetworkCase network;
  Precision precision = Precision::fp16;
  Fusion family = Fusion::loop;
};
void PrintTo(const WaysCase& c, std::ostream* out) {
  *out << c.network.name << " " << name_of(c.precision) << " " << name_of(c.family);
}

// More than 32 terms, where a sum's order shows: in fewer even kernels of another family write the same bits.
const NetworkCase kWindow{.name = "window over more than a tile", .hidden = {37}, .window = 9, .candidates = 29},
    kCarry{.name = "carry", .hidden = {40}, .carry = true},
    kDeepWindow{.name = "window, two layers", .hidden = {20, 12}, .window = 3, .candidates = 9},
    kDeepCarry{.name = "carry, two layers", .hidden = {40, 12}, .candidates = 9, .carry = true},
    kDense{.name = "window, hidden layers in heads", .hidden = {20}, .window = 3, .candidates = 9, .heads = {9}};

const WaysCase kCases[] = {
    {kWindow, Precision::fp16, Fusion::loop},     {kWindow, Precision::bf16, Fusion::loop},
    {kCarry, Precision::fp16, Fusion::loop},      {kDeepWindow, Precision::fp16, Fusion::cell},
    {kDeepWindow, Precision::bf16, Fusion::cell}, {kDeepCarry, Precision::fp16, Fusion::cell},
    {kWindow, Precision::fp32, Fusion::loop},     {kDeepCarry, Precision::fp32, Fusion::loop},
    {kDense, Precision::fp32, Fusion::window},    {kDeepWindow, Precision::fp32, Fusion::cell},
};

/// A family's notes, by one way for every number of pieces or as the device's table has it.
class WaysRun : public DeviceCases<WaysCase> {
 public:
  /// Off the blocks of 4 and 8, some done at once. Nobody's tail is cut: where a cut falls hangs on the last bits.
  PiecesCase pieces() const {
    const HostNetwork network = random_network(param().network);
    std::vector<HostPiece> all = random_pieces({2, 0, 3, 1, 2, 0, 1, 1, 3}, network.candidates);
    for (HostPiece& piece : all) {
      piece.voice.top_k = 0;
      piece.voice.top_p = 1;
    }
    return {stream(), network, random_clusters(network.candidates), all};
  }
  std::unique_ptr<Rung> rung(const PiecesCase& on, const Ways& ways) const {
    return make_suited_rung(on.network(), on.clusters(), on.slots(), stream(), /*graphs=*/true, param().precision,
                            ways);
  }
  Ways only(const PiecesCase& on, const Way& way) const {
    return {way, param().family, on.network(), param().precision, device_limits()};
  }
  std::vector<Way> all_ways(const PiecesCase& on) const {
    return ways_of(param().family, on.network(), param().precision, device_limits());
  }
  void expect_same_states(const PiecesCase& a, const PiecesCase& b) const {
    for (int l = 0; a.network().carry && l < a.network().layer_count; ++l) {
      EXPECT_TRUE(same_bits(a.h(l), b.h(l))) << "h of layer " << l;
      EXPECT_TRUE(same_bits(a.c(l), b.c(l))) << "c of layer " << l;
    }
  }
};

TEST_P(WaysRun, EveryWayOfAFamilyWritesItsBits) {
  PiecesCase first = pieces();
  const std::vector<Way> ways = all_ways(first);
  ASSERT_GE(ways.size(), 2u);
  const Outcome want = run(first, *rung(first, only(first, ways.front())));
  for (std::size_t i = 1; i < ways.size(); ++i) {
    SCOPED_TRACE(text_of(ways[i]));
    PiecesCase on = pieces();
    expect_same_bits(run(on, *rung(on, only(on, ways[i]))), want);
    expect_same_states(on, first);
  }
}

// Its steps change in the midst of a piece's life: pieces come and go, and with them the number of rows.
TEST_P(WaysRun, APieceIsTheSameWhicheverWaysTakeTurns) {
  PiecesCase whole = pieces(), turns = pieces();
  const std::vector<Way> ways = all_ways(whole);
  const Outcome want = run(whole, *rung(whole, only(whole, ways.front())));
  const auto one = rung(turns, only(turns, ways.front())), other = rung(turns, only(turns, ways.back()));
  const std::vector<Progress> asked = turns.progress();
  int at = 0;
  for (const Progress& progress : asked) at = std::max(at, progress.left);
  for (int note = 0; note < at; ++note) {
    std::vector<Progress> progress = turns.progress();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      progress[i].left = note < asked[i].left ? 1 : 0;
    }
    turns.put_progress(progress);
    (note % 2 == 0 ? one : other)->advance(turns.pieces(), turns.output(), 1);
  }
  const Outcome got = turns.outcome();
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
}

INSTANTIATE_TEST_SUITE_P(All, WaysRun, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));

#if defined(AFFETTO_EMULATED)

class OlderGpu : public testing::TestWithParam<std::string> {};

NetworkView seed(bool carry) {
  NetworkView network{.layer_count = 1, .readout_count = 1, .readout_size = 130, .candidates = 128, .window = 25};
  network.layers[0] = {.hidden = 128};
  network.readout[0] = {.terms = 128, .size = 130};
  network.carry = carry;
  return network;
}

TEST_P(OlderGpu, TakesNothingThatNeedsClustersAndSaysSo) {
  const emulator::DeviceScope scope(emulator::parse_device(GetParam()));
  EXPECT_EQ(device_limits().cluster, 1);
  for (const Precision precision : {Precision::fp32, Precision::fp16, Precision::bf16}) {
    for (const bool carry : {false, true}) {
      const NetworkView network = seed(carry);
      const Fusion family = suited_fusion(network, precision);
      EXPECT_EQ(why_not(family, network, precision), "");
      const auto ways = ways_of(family, network, precision, device_limits());
      ASSERT_FALSE(ways.empty()) << name_of(precision);
      for (const Way& way : ways) EXPECT_TRUE(way.cluster <= 1 && way.fusion != Fusion::cluster) << text_of(way);
      for (const WayStep& step : estimated_steps(family, network, precision, device_limits())) {
        EXPECT_NE(step.way.fusion, Fusion::cluster);
      }
    }
  }
  const std::string why = why_not(Fusion::cluster, seed(false), Precision::fp16);
  EXPECT_NE(why.find("no clusters of blocks (sm_90 on); rung cluster"), std::string::npos) << why;
  const std::string too_large = why_not(Fusion::loop, seed(false));  // two blocks' shared memory in fp32
  EXPECT_NE(too_large.find("no clusters of several; rung loop"), std::string::npos) << too_large;
}

// fp32's rung for the seed hangs on the GPU; that of 16 bits has the same bits by another name.
INSTANTIATE_TEST_SUITE_P(All, OlderGpu, testing::Values("sm_80", "sm_86", "sm_89"));

// Spread over many blocks the same rung writes other bits: where one small block refuses, none may stand in.
TEST(OlderGpuLaunch, ANameInARecipeStandsForTheSameBitsWhateverABlockHolds) {
  emulator::VirtualDevice small;
  small.shared_bytes = 50'000;
  const emulator::DeviceScope scope(small);
  for (const bool carry : {false, true}) {
    const Fusion named = carry ? Fusion::loop : Fusion::cluster;
    const std::string why = why_not(named, seed(carry), Precision::fp16);
    EXPECT_NE(why.find("50000 at most"), std::string::npos) << why;
    EXPECT_EQ(why.find("blocks' shared memory"), std::string::npos) << why;
    EXPECT_THROW(make_rung(named, seed(carry), {}, 1, {}, false, Precision::fp16), std::invalid_argument);
    EXPECT_EQ(suited_fusion(seed(carry), Precision::fp16),
              Fusion::cell);  // which writes loop's bits (tensor_steps_test)
  }
}

/// The notes of a case on a device.
class WaysOnDevice : public WaysRun {
 public:
  Outcome outcome_on(const char* device) const {
    const emulator::DeviceScope scope(emulator::parse_device(device));
    PiecesCase on = pieces();
    const Fusion family = suited_fusion(on.network(), param().precision);
    const Ways ways = ways_here(family, on.network(), param().precision);
    return run(on, *rung(on, ways));
  }
};

TEST_P(WaysOnDevice, AnySuitableGpuWritesTheSameBits) {
  const Outcome want = outcome_on("sm_90");
  for (const char* device : {"sm_80", "sm_86"}) {
    SCOPED_TRACE(device);
    expect_same_bits(outcome_on(device), want);
  }
}

INSTANTIATE_TEST_SUITE_P(All, WaysOnDevice,
                         testing::Combine(testing::ValuesIn(kCases), testing::Values(backends(1).front())));

TEST(OlderGpuLaunch, IsRefusedWhereItAsksForAClusterAllTheSame) {
  const emulator::DeviceScope scope(emulator::parse_device("sm_80"));
  const HostNetwork network = random_network(kWindow);
  Stream stream;
  PiecesCase on(stream, network, random_clusters(network.candidates), random_pieces({1}, network.candidates));
  EXPECT_THROW(make_rung(Fusion::cluster, on.network(), on.clusters(), 1, stream, false, Precision::fp16),
               std::invalid_argument);
  const DeviceLimits newer;  // of another device: what is chosen for it does not run here
  const Ways ways({Fusion::cluster, 0, 2}, Fusion::loop, on.network(), Precision::fp16, newer);
  const auto rung = make_suited_rung(on.network(), on.clusters(), 1, stream, false, Precision::fp16, ways);
  EXPECT_THROW(rung->advance(on.pieces(), on.output(), 1), CudaError);
}

#endif

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
