// The 16-bit rungs loop and cluster for networks that do not fit one block: against the reference within their
// precision's gate, and against themselves bit by bit, on any number of blocks and in any company.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "kernels/generate/tensor/spread/launch.h"
#include "kernels/generate/tensor/spread/rung.h"
#include "kernels/math/half.h"
#include "kernels/runtime/error.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct SpreadCase {
  NetworkCase network;
  Precision precision = Precision::fp16;
  TensorShape shape;  ///< pieces at a time, blocks of a cluster, blocks at most
};
void PrintTo(const SpreadCase& c, std::ostream* out) {
  *out << c.network.name << " " << name_of(c.precision) << " grid " << c.shape.grid;
}

// Networks that one block would hold as well: what is asked does not hang on their size.
const NetworkCase kDeep{.name = "carry, three layers", .hidden = {16, 16, 16}, .carry = true},
    kOdd{.name = "carry, odd sizes, table, separate heads",
         .hidden = {37, 37},
         .window = 3,
         .candidates = 29,
         .carry = true,
         .table = true,
         .joint = false},
    kWide{.name = "carry, more terms than one turn of the warps", .hidden = {72}, .candidates = 40, .carry = true},
    kUnequal{.name = "carry, layers of unequal sizes", .hidden = {40, 8, 21}, .carry = true},
    kFour{.name = "carry, four layers", .hidden = {12, 12, 12, 12}, .carry = true},
    kManyCandidates{.name = "carry, candidates beyond registers", .hidden = {16, 16}, .candidates = 150, .carry = true},
    kWindow{.name = "window, two layers", .hidden = {24, 24}, .window = 5},
    kLongWindow{.name = "window over more than a tile", .hidden = {20, 20, 20}, .window = 11, .candidates = 29},
    kTable{.name = "window, table, separate heads", .hidden = {33}, .window = 3, .table = true, .joint = false},
    kOne{.name = "window of one note", .hidden = {16, 8}, .window = 1};

// 9 pieces: off a tile's 8, and in groups of 4 and 5.
const SpreadCase kCases[] = {
    {kDeep, Precision::fp16, {.cluster = 2, .grid = 3}},
    {kOdd, Precision::bf16, {.pieces = 5, .grid = 4}},
    {kWide, Precision::fp16, {.cluster = 2, .grid = 8}},
    {kUnequal, Precision::fp16, {.pieces = 4, .cluster = 4, .grid = 4}},
    {kFour, Precision::fp16, {.grid = 2}},
    {kManyCandidates, Precision::fp16, {.grid = 2}},
    {kWindow, Precision::fp16, {.cluster = 2, .grid = 2}},
    {kLongWindow, Precision::bf16, {.pieces = 4, .grid = 2}},
    {kTable, Precision::fp16, {.grid = 4}},
    {kOne, Precision::fp16, {.grid = 2}},
};

/// With gaps between the heads' places in the readout row, as alignment leaves them.
HostNetwork with_gaps(const HostNetwork& network) {
  const auto shifted = [&](int place) {
    const auto before = [&](const HostDense& dense) { return dense.to <= place; };
    return place + 3 * static_cast<int>(std::count_if(network.readout.begin(), network.readout.end(), before));
  };
  HostNetwork spaced = network;
  for (HostDense& dense : spaced.readout) dense.to = shifted(dense.to);
  for (int* at : {&spaced.logits_at, &spaced.step_at, &spaced.duration_at}) *at = shifted(*at);
  spaced.readout_size = shifted(network.readout_size);
  return spaced;
}

double gate_of(Precision precision) { return precision == Precision::fp16 ? 2e-3 : 1e-2; }

class SpreadRungs : public DeviceCases<SpreadCase> {
 public:
  /// Some are done at once. Nobody's tail is cut: where a cut falls hangs on the last bits (choose_test has the cuts).
  PiecesCase pieces(std::vector<int> left = {2, 0, 3, 1, 2, 0, 1, 1, 3}) const {
    const HostNetwork network = with_gaps(random_network(param().network));
    std::vector<HostPiece> all = random_pieces(left, network.candidates);
    for (HostPiece& piece : all) {
      piece.voice.top_k = 0;
      piece.voice.top_p = 1;
    }
    return {stream(), network, random_clusters(network.candidates), all};
  }
  std::unique_ptr<Rung> rung(const PiecesCase& on, const TensorShape& shape) const {
    return make_spread_rung(param().precision, on.network(), on.clusters(), on.slots(), stream(), shape);
  }
  Outcome outcome_of(PiecesCase& on, int stretch = 1 << 20) const { return run(on, *rung(on, param().shape), stretch); }
};

TEST_P(SpreadRungs, NotesAreThoseOfTheReference) {
  PiecesCase on = pieces();
  on.expect_reference(outcome_of(on), gate_of(param().precision));
}

INSTANTIATE_TEST_SUITE_P(All, SpreadRungs, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));

#if !defined(AFFETTO_TSAN)  // which does not take so many threads
// All weights in registers, and more than registers hold; too slow on the emulator for more than one schedule.
const SpreadCase kFullCases[] = {
    {{.name = "carry, 3 x 256", .hidden = {256, 256, 256}, .candidates = 128, .carry = true},
     Precision::fp16,
     {.cluster = 8, .grid = 64}},
    {{.name = "carry, weights beyond registers", .hidden = {520}, .carry = true}, Precision::fp16, {.grid = 16}},
};
INSTANTIATE_TEST_SUITE_P(Full, SpreadRungs,
                         testing::Combine(testing::ValuesIn(kFullCases), testing::Values(backends(1).back())));
#endif

class SpreadCompany : public SpreadRungs {};

TEST_P(SpreadCompany, WritesTheSameBitsOnAnyNumberOfBlocksAndPieces) {
  PiecesCase ours = pieces();
  const Outcome want = outcome_of(ours);
  for (const TensorShape& shape : {TensorShape{.grid = 1}, {.pieces = 2, .cluster = 1, .grid = 5}}) {
    PiecesCase theirs = pieces();
    expect_same_bits(run(theirs, *rung(theirs, shape)), want);
    for (int l = 0; param().network.carry && l < ours.network().layer_count; ++l) {
      EXPECT_TRUE(same_bits(ours.h(l), theirs.h(l))) << "layer " << l << ", grid " << shape.grid;
      EXPECT_TRUE(same_bits(ours.c(l), theirs.c(l))) << "layer " << l << ", grid " << shape.grid;
    }
  }
}

TEST_P(SpreadCompany, StretchesAddUpToTheWhole) {
  PiecesCase whole = pieces({7, 5, 2}), parts = pieces({7, 5, 2});
  const Outcome want = outcome_of(whole), got = outcome_of(parts, 2);
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
}

TEST_P(SpreadCompany, APieceIsTheSameAloneAndAmongOthers) {
  const HostNetwork network = random_network(param().network);
  const std::vector<HostPiece> all = random_pieces({3, 4, 0, 2, 4}, network.candidates);
  PiecesCase many(stream(), network, random_clusters(network.candidates), all);
  PiecesCase one(stream(), network, random_clusters(network.candidates), {all[4]});
  const Outcome together = outcome_of(many), alone = outcome_of(one);
  EXPECT_TRUE(same_bits(alone.notes, {together.notes.end() - 4, together.notes.end()}));
  EXPECT_TRUE(same_bits(alone.logits, {together.logits.end() - 4 * network.candidates, together.logits.end()}));
}

// A launch for 2^31 - 1 notes would not end if blocks did not leave.
TEST_P(SpreadCompany, BlocksLeaveWhenAllPiecesAreDone) {
  PiecesCase on = pieces({2, 1, 0, 3, 1});
  rung(on, param().shape)->advance(on.pieces(), on.output(), std::numeric_limits<int>::max());
  for (const Progress& progress : on.progress()) EXPECT_EQ(progress.left + progress.fresh + progress.fault, 0);
}

// After 2^32 steps, all but two of them idle, the numbers of the first would come again; in the second row the last
// launch has too few left. Either way the words of the first steps must be gone: they are another piece's.
TEST_P(SpreadCompany, TagsBeginAnew) {
  const HostNetwork network = random_network(param().network);
  const std::vector<HostPiece> all = random_pieces({2, 2}, network.candidates);
  const auto alone = [&](std::size_t i) {
    return PiecesCase(stream(), network, random_clusters(network.candidates), {all[i]});
  };
  const int past = network.carry ? 0 : network.window, most = std::numeric_limits<int>::max() - 2 * past;
  for (const std::vector<int>& launches :
       {std::vector<int>{most - 1, most - 1, 2, 2}, {most + past, most + past - 1}}) {
    PiecesCase first = alone(0), second = alone(1), want = alone(1);
    const auto ours = rung(first, {});
    for (const int notes : launches) ours->advance(first.pieces(), first.output(), notes);
    expect_same_bits(run(second, *ours), run(want, *rung(want, {})));
  }
}

TEST_P(SpreadCompany, AFaultStopsItsPieceAndNoOther) {
  const HostNetwork network = random_network(param().network);
  std::vector<HostPiece> all = random_pieces({3, 4, 2}, network.candidates);
  PiecesCase sound(stream(), network, random_clusters(network.candidates), all);
  const Outcome want = outcome_of(sound);
  all[1].primer.back().step = NAN;
  PiecesCase broken(stream(), network, random_clusters(network.candidates), all);
  const Outcome got = outcome_of(broken);
  EXPECT_EQ(got.progress[1].fault, 2);
  EXPECT_EQ(got.progress[1].left, 0);
  EXPECT_EQ(got.progress[1].fresh, 0);
  EXPECT_EQ(got.progress[1].written, 0u);
  EXPECT_EQ(got.notes[3].pitch, -1) << "a note was written after all";
  for (const std::size_t i : {0, 1, 2, 7, 8}) {
    EXPECT_EQ(std::memcmp(&got.notes[i], &want.notes[i], sizeof(Played)), 0) << "note " << i;
  }
}

// The last note of a launch is fresh; one after which others came is not.
TEST_P(SpreadCompany, ProgressSaysWhoseNoteIsFresh) {
  PiecesCase on = pieces({3, 1, 0, 2, 4});
  rung(on, param().shape)->advance(on.pieces(), on.output(), 2);
  const std::vector<Progress> got = on.progress();
  const int fresh[] = {1, 0, 0, 1, 1}, left[] = {1, 0, 0, 0, 2};
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].fresh, fresh[i]) << "piece " << i;
    EXPECT_EQ(got[i].left, left[i]) << "piece " << i;
  }
}

// Another piece takes the slot of one that is done, in the same rung.
TEST_P(SpreadCompany, ASlotIsRefilled) {
  const HostNetwork network = random_network(param().network);
  const std::vector<HostPiece> all = random_pieces({1, 3, 2, 4}, network.candidates);
  PiecesCase first(stream(), network, random_clusters(network.candidates), {all[0], all[1]});
  PiecesCase second(stream(), network, random_clusters(network.candidates), {all[3], all[2]});
  PiecesCase fresh(stream(), network, random_clusters(network.candidates), {all[3], all[2]});
  const auto ours = rung(first, param().shape);
  run(first, *ours);
  expect_same_bits(run(second, *ours), run(fresh, *rung(fresh, param().shape)));
}

INSTANTIATE_TEST_SUITE_P(All, SpreadCompany,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));

class SpreadCarry : public DeviceTest {
 public:
  static constexpr std::size_t kUnits = 16;
  /// h and c of all layers after all notes, piece by piece.
  std::vector<std::vector<float>> states_of(const std::vector<HostPiece>& some, bool play = true) const {
    const HostNetwork network = random_network(kDeep);
    PiecesCase on(stream(), network, random_clusters(network.candidates), some);
    if (play) {
      run(on, *make_spread_rung(Precision::fp16, on.network(), on.clusters(), on.slots(), stream(), {.grid = 2}));
    }
    std::vector<std::vector<float>> states(some.size());
    for (int l = 0; l < on.network().layer_count; ++l) {
      for (const std::vector<float>& all : {on.h(l), on.c(l)}) {
        for (std::size_t i = 0; i < some.size(); ++i) {
          const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * kUnits);
          states[i].insert(states[i].end(), begin, begin + kUnits);
        }
      }
    }
    return states;
  }
};

TEST_P(SpreadCarry, LeavesThePiecesAloneThatHaveNothingLeft) {
  const std::vector<HostPiece> all = random_pieces({2, 0, 1}, kDeep.candidates);
  const auto before = states_of(all, false), after = states_of(all);
  EXPECT_TRUE(same_bits(before[1], after[1]));
  EXPECT_FALSE(same_bits(before[2], after[2]));
}

// It is done before the others.
TEST_P(SpreadCarry, APieceThatIsDoneKeepsItsState) {
  const std::vector<HostPiece> all = random_pieces({1, 4, 2}, kDeep.candidates);
  const auto together = states_of(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(same_bits(states_of({all[i]})[0], together[i])) << "piece " << i;
  }
}

TEST_P(SpreadCarry, APieceThatStopsBeforeItsFirstStepKeepsItsState) {
  std::vector<HostPiece> all = random_pieces({2, 2}, kDeep.candidates);
  all[1].voice.beta = NAN;
  const auto before = states_of(all, false), after = states_of(all);
  for (std::size_t i = 0; i < before[1].size(); ++i) {  // a layer's h, rounded to what it is multiplied as, then its c
    const bool h = i / kUnits % 2 == 0;
    EXPECT_EQ(after[1][i], h ? to_float(from_float<Half>(before[1][i])) : before[1][i]) << i;
  }
}

TEST_P(SpreadCarry, OperandsOutOfRangeAreRefused) {
  const HostNetwork network = random_network(kDeep);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({1, 1}, 12));
  const auto make = [&](int slots) {
    return make_spread_rung(Precision::fp16, on.network(), on.clusters(), slots, stream());
  };
  EXPECT_THROW(make(0), std::invalid_argument);
  EXPECT_THROW(make(1)->advance(on.pieces(), on.output(), 1), std::invalid_argument);  // two rows
}

#if defined(AFFETTO_EMULATED)
// On a GPU the watchdog ends such a kernel, and with it the process's device.
TEST_P(SpreadCarry, ABlockThatNeverTellsIsReported) {
  const HostNetwork network = random_network(kDeep);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({2}, 12));
  DeviceBuffer<Tagged<HiddenQuad>> hidden(stream(), 3 * 2 * 4);
  DeviceBuffer<Tagged<float>> readout(stream(), 14);
  DeviceBuffer<Tagged<Played>> notes(stream(), 1);
  hidden.fill(0);
  readout.fill(0);
  notes.fill(0);
  SpreadOp op;
  op.choose = {.network = on.network(), .clusters = on.clusters(), .pieces = on.pieces(), .output = on.output()};
  op.words = {hidden.data(), readout.data(), notes.data(), 4, 1};
  op.notes = 2;
  op.plan = spread_plan(on.network(), 2, 1);
  ASSERT_EQ(op.plan.blocks, 2);
  launch_spread(Precision::fp16, op, stream());
  stream().synchronize();  // so far all is well
  on.put_progress({{.left = 2}});
  op.tag += 100;
  op.plan.blocks = 1;  // the other one's words never come
  launch_spread(Precision::fp16, op, stream());
  try {
    stream().synchronize();
    FAIL() << "a block that waits in vain went on";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("wait_tagged"), std::string::npos) << error.what();
  }
}
#endif

INSTANTIATE_TEST_SUITE_P(All, SpreadCarry, testing::ValuesIn(two_backends()));

/// 3 x 512 and its kin, without weights.
NetworkView large_network(int layers, int hidden, int candidates, bool carry) {
  NetworkView network{.layer_count = layers,
                      .readout_count = 1,
                      .readout_size = candidates + 2,
                      .candidates = candidates,
                      .window = 100,
                      .carry = carry};
  for (int l = 0; l < layers; ++l) network.layers[l] = {.below = l == 0 ? 0 : hidden, .hidden = hidden};
  network.readout[0] = {.terms = hidden, .size = candidates + 2};
  return network;
}

TEST(SpreadPlan, FillsAnH200WithItsLargestNetworks) {
  const NetworkView network = large_network(3, 512, 512, true);
  EXPECT_EQ(spread_plan(network, 132, 1).blocks, 128);
  EXPECT_EQ(spread_plan(large_network(3, 256, 512, true), 132, 1).blocks, 64);
  for (const SpreadMatrix& matrix : spread_plan(network, 132, 1).matrix) {
    EXPECT_LE(matrix.mine, 1);
    EXPECT_EQ(matrix.held, matrix.pairs) << "weights in shared memory";
  }
  EXPECT_EQ(spread_pieces(network, 132, 1000), kMostSpreadColumns);
  EXPECT_EQ(spread_pieces(network, 132, 7), 7);
  EXPECT_EQ(spread_pieces(large_network(3, 512, 512, false), 132, 7), 1);
  NetworkView small = large_network(1, 64, 12, false);
  small.window = 40;
  EXPECT_EQ(spread_pieces(small, 132, 7), kMostSpreadColumns / 40);
}

TEST(SpreadPlan, EveryBlockOwnsUnitsOfTheLargestLayer) {
  for (int hidden = 1; hidden <= 72; ++hidden) {
    for (int most = 1; most <= 20; ++most) {
      NetworkView network = large_network(2, hidden, 12, true);
      network.layers[0].hidden = network.layers[1].below = 3;
      const SpreadPlan plan = spread_plan(network, most, 1);
      const SpreadMatrix& largest = plan.matrix[hh_matrix(hidden >= 3 ? 1 : 0)];
      EXPECT_LE(plan.blocks, most);
      EXPECT_LT((plan.blocks - 1) * largest.mine, largest.tiles) << hidden << " units, " << most << " blocks";
      EXPECT_GE(plan.blocks * largest.mine, largest.tiles) << hidden << " units, " << most << " blocks";
    }
  }
}

TEST(SpreadWhyNot, SaysWhatItServes) {
  const auto says = [](Fusion fusion, const NetworkView& view) { return why_not(fusion, view, Precision::fp16); };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const NetworkView carry = large_network(2, 40, 12, true), window = large_network(2, 40, 12, false);
  EXPECT_EQ(why_not_spread(carry, 4, "rung loop"), "");
  EXPECT_EQ(why_not_spread(window, 4, "rung cluster"), "");
  EXPECT_TRUE(has(says(Fusion::overlap, carry), "2 LSTM layers; rung overlap serves one"));
  EXPECT_TRUE(has(says(Fusion::loop, window), "2 LSTM layers; rung loop serves one"));
  NetworkView other = window;
  other.window = kMostSpreadColumns + 1;
  EXPECT_TRUE(has(why_not_spread(other, 4, "rung cluster"), "129 notes; rung cluster serves up to 128"));
  other = carry;
  other.readout[0].from = 5;
  EXPECT_TRUE(has(why_not_spread(other, 4, "rung loop"), "heads that read the state"));
  other = carry;
  other.candidates = kMaxCandidates + 1;
  EXPECT_TRUE(has(why_not_spread(other, 4, "rung loop"), "4097 candidates"));
  const NetworkView large = large_network(3, 512, 512, true);
  EXPECT_EQ(why_not_spread(large, 132, "rung loop"), "");
  EXPECT_TRUE(has(why_not_spread(large, 20, "rung loop"), "bytes in each of 19 blocks' shared memory"));
  EXPECT_TRUE(has(why_not_spread(large, 20, "rung loop"), "rung loop serves those that take 232448 at most"));
}

#if defined(AFFETTO_EMULATED)
// What one cluster holds is clustered_test's. The emulated device's four blocks hold less than a cluster.
TEST(SpreadServes, WhatNoClusterHolds) {
  const NetworkView large = large_network(3, 512, 512, true);
  EXPECT_NE(why_not(Fusion::loop, large, Precision::fp16).find("in each of 4 blocks' shared memory"),
            std::string::npos);
  EXPECT_NE(why_not(Fusion::cluster, large_network(3, 512, 512, false), Precision::fp16).find("4 blocks'"),
            std::string::npos);
}
#endif

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
