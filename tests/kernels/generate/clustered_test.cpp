// The 16-bit rungs loop and cluster for networks that one cluster holds: against the reference within their precision's
// gate; bit by bit against the rungs of many launches, on any number of blocks and clusters and in any company.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "kernels/generate/tensor/clustered/launch.h"
#include "kernels/generate/tensor/clustered/rung.h"
#include "kernels/generate/tensor/spread/rung.h"
#include "kernels/generate/tensor/steps/rung.h"
#include "kernels/math/half.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct ClusteredCase {
  NetworkCase network;
  Precision precision = Precision::fp16;
  TensorShape shape;  ///< pieces of a cluster at a time, its blocks, clusters
};
void PrintTo(const ClusteredCase& c, std::ostream* out) {
  *out << c.network.name << " " << name_of(c.precision) << " in clusters of " << c.shape.cluster;
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
    kWide{.name = "carry, more pairs than one list begins with", .hidden = {320}, .candidates = 12, .carry = true},
    kUnequal{.name = "carry, layers of unequal sizes", .hidden = {40, 8, 21}, .carry = true},
    kFour{.name = "carry, four layers", .hidden = {12, 12, 12, 12}, .carry = true},
    kManyCandidates{.name = "carry, candidates beyond registers", .hidden = {16, 16}, .candidates = 150, .carry = true},
    kTwoTiles{.name = "carry, warps of several tiles", .hidden = {52, 52}, .carry = true},
    kWindow{.name = "window, two layers", .hidden = {24, 24}, .window = 5},
    kLongWindow{.name = "window over more tiles than one turn", .hidden = {20, 20, 20}, .window = 37, .candidates = 29},
    kTable{.name = "window, table, separate heads", .hidden = {33}, .window = 3, .table = true, .joint = false},
    kOne{.name = "window of one note", .hidden = {16, 8}, .window = 1};

// 9 pieces: off a tile's 8, in groups of one cluster after another, of two at once, and of fewer pieces than the rest.
const ClusteredCase kCases[] = {
    {kDeep, Precision::fp16, {.cluster = 4, .grid = 1}},
    {kOdd, Precision::bf16, {.pieces = 5, .cluster = 2, .grid = 2}},
    {kUnequal, Precision::fp16, {.pieces = 2, .cluster = 2, .grid = 2}},
    {kFour, Precision::fp16, {.cluster = 2, .grid = 2}},
    {kManyCandidates, Precision::fp16, {.pieces = 4, .cluster = 1, .grid = 1}},
    {kTwoTiles, Precision::fp16, {.cluster = 2, .grid = 1}},
    {kWindow, Precision::fp16, {.pieces = 2, .cluster = 2, .grid = 3}},
    {kTable, Precision::bf16, {.cluster = 1, .grid = 2}},
    {kOne, Precision::fp16, {.cluster = 2, .grid = 2}},
};

double gate_of(Precision precision) { return precision == Precision::fp16 ? 2e-3 : 1e-2; }

class ClusteredRungs : public DeviceCases<ClusteredCase> {
 public:
  /// Some are done at once. Nobody's tail is cut: where a cut falls hangs on the last bits (choose_test has the cuts).
  PiecesCase pieces(std::vector<int> left = {2, 0, 3, 1, 2, 0, 1, 1, 3}) const {
    const HostNetwork network = random_network(param().network);
    std::vector<HostPiece> all = random_pieces(left, network.candidates);
    for (HostPiece& piece : all) {
      piece.voice.top_k = 0;
      piece.voice.top_p = 1;
    }
    return {stream(), network, random_clusters(network.candidates), all};
  }
  std::unique_ptr<Rung> rung(const PiecesCase& on, const TensorShape& shape) const {
    return make_clustered_rung(param().precision, on.network(), on.clusters(), on.slots(), stream(), shape);
  }
  std::unique_ptr<Rung> launches(const PiecesCase& on, Fusion fusion) const {
    return make_tensor_steps(fusion, param().precision, on.network(), on.clusters(), on.slots(), stream(), false);
  }
  Outcome outcome_of(PiecesCase& on, int stretch = 1 << 20) const { return run(on, *rung(on, param().shape), stretch); }

  void expect_same_states(const PiecesCase& ours, const PiecesCase& theirs) const {
    for (int l = 0; param().network.carry && l < ours.network().layer_count; ++l) {
      EXPECT_TRUE(same_bits(ours.h(l), theirs.h(l))) << "layer " << l;
      EXPECT_TRUE(same_bits(ours.c(l), theirs.c(l))) << "layer " << l;
    }
  }
};

TEST_P(ClusteredRungs, NotesAreThoseOfTheReference) {
  PiecesCase on = pieces();
  on.expect_reference(outcome_of(on), gate_of(param().precision));
}

INSTANTIATE_TEST_SUITE_P(All, ClusteredRungs,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));

#if !defined(AFFETTO_TSAN)  // which does not take so many threads
// All blocks that there may be, weights in registers and beside them; too slow on the emulator for more schedules.
const ClusteredCase kFullCases[] = {
    {{.name = "carry, 3 x 256", .hidden = {256, 256, 256}, .candidates = 128, .carry = true}, Precision::fp16, {}},
    {{.name = "window, 3 x 256", .hidden = {256, 256, 256}, .window = 3, .candidates = 128}, Precision::bf16, {}},
    {kWide, Precision::fp16, {}},
    {kLongWindow, Precision::fp16, {.cluster = 1}},
};
INSTANTIATE_TEST_SUITE_P(Full, ClusteredRungs,
                         testing::Combine(testing::ValuesIn(kFullCases), testing::Values(backends(1).back())));
#endif

class ClusteredCompany : public ClusteredRungs {};

TEST_P(ClusteredCompany, WritesTheSameBitsOnAnyNumberOfBlocksClustersAndPieces) {
  PiecesCase ours = pieces();
  const Outcome want = outcome_of(ours);
  for (const TensorShape& shape : {TensorShape{}, {.cluster = 1, .grid = 3}, {.pieces = 2, .cluster = 2, .grid = 1}}) {
    PiecesCase theirs = pieces();
    expect_same_bits(run(theirs, *rung(theirs, shape)), want);
    expect_same_states(ours, theirs);
  }
}

TEST_P(ClusteredCompany, StretchesAddUpToTheWhole) {
  PiecesCase whole = pieces({7, 5, 2}), parts = pieces({7, 5, 2});
  const Outcome want = outcome_of(whole), got = outcome_of(parts, 2);
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
}

// A launch for 2^31 - 1 notes would not end if blocks did not leave.
TEST_P(ClusteredCompany, BlocksLeaveWhenAllPiecesAreDone) {
  PiecesCase on = pieces({2, 1, 0, 3, 1});
  rung(on, param().shape)->advance(on.pieces(), on.output(), std::numeric_limits<int>::max());
  for (const Progress& progress : on.progress()) EXPECT_EQ(progress.left + progress.fresh + progress.fault, 0);
}

TEST_P(ClusteredCompany, AFaultStopsItsPieceAndNoOther) {
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

// All blocks go on, and leave, where there is nobody's h to wait for.
TEST_P(ClusteredCompany, AFaultInEveryPieceEndsTheLaunch) {
  const HostNetwork network = random_network(param().network);
  std::vector<HostPiece> all = random_pieces({3, 4}, network.candidates);
  for (HostPiece& piece : all) piece.voice.beta = NAN;
  PiecesCase broken(stream(), network, random_clusters(network.candidates), all);
  const Outcome got = outcome_of(broken);
  for (const Progress& progress : got.progress) EXPECT_EQ(progress.fault, 1);
}

// The last note of a launch is fresh; one after which others came is not.
TEST_P(ClusteredCompany, ProgressSaysWhoseNoteIsFresh) {
  PiecesCase on = pieces({3, 1, 0, 2, 4});
  rung(on, {.pieces = 5, .cluster = param().shape.cluster, .grid = 1})->advance(on.pieces(), on.output(), 2);
  const std::vector<Progress> got = on.progress();
  const int fresh[] = {1, 0, 0, 1, 1}, left[] = {1, 0, 0, 0, 2};
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].fresh, fresh[i]) << "piece " << i;
    EXPECT_EQ(got[i].left, left[i]) << "piece " << i;
  }
}

// Another piece takes the slot of one that is done, in the same rung.
TEST_P(ClusteredCompany, ASlotIsRefilled) {
  const HostNetwork network = random_network(param().network);
  const std::vector<HostPiece> all = random_pieces({1, 3, 2, 4}, network.candidates);
  PiecesCase first(stream(), network, random_clusters(network.candidates), {all[0], all[1]});
  PiecesCase second(stream(), network, random_clusters(network.candidates), {all[3], all[2]});
  PiecesCase fresh(stream(), network, random_clusters(network.candidates), {all[3], all[2]});
  const auto ours = rung(first, param().shape);
  run(first, *ours);
  expect_same_bits(run(second, *ours), run(fresh, *rung(fresh, param().shape)));
}

INSTANTIATE_TEST_SUITE_P(All, ClusteredCompany,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));

#if !defined(AFFETTO_TSAN)  // launches have copies under way, more than the race detector counts
class ClusteredOrLaunches : public ClusteredRungs {};

TEST_P(ClusteredOrLaunches, WritesTheBitsOfManyLaunches) {
  PiecesCase ours = pieces();
  const Outcome got = outcome_of(ours);
  for (const Fusion fusion : {Fusion::cell, Fusion::staggered}) {
    if (fusion == Fusion::staggered && param().network.carry) continue;
    PiecesCase theirs = pieces();
    expect_same_bits(got, run(theirs, *launches(theirs, fusion)));
    expect_same_states(ours, theirs);
  }
}

// Few pieces in stretches that suit the cluster and in some that are too short for it, many beyond its columns.
TEST_P(ClusteredOrLaunches, WhatSuitsTheRowsWritesTheSameBits) {
  PiecesCase ours = pieces({7, 5, 2}), theirs = pieces({7, 5, 2}), mixed = pieces({7, 5, 2});
  const Outcome want = run(theirs, *launches(theirs, Fusion::cell));
  const auto suited = [&](PiecesCase& on) {
    const Ways ways(Fusion::cell, on.network(), param().precision, device_limits(), nullptr);
    return with_clustered(launches(on, Fusion::cell), ways, param().precision, on.network(), on.clusters(), on.slots(),
                          stream());
  };
  expect_same_bits(run(ours, *suited(ours)), want);
  const auto rung = suited(mixed);
  for (const int notes : {1, 4, 2}) rung->advance(mixed.pieces(), mixed.output(), notes);
  const Outcome got = mixed.outcome();
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
  expect_same_states(ours, mixed);
}

INSTANTIATE_TEST_SUITE_P(All, ClusteredOrLaunches,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));
#endif

class ClusteredCarry : public DeviceTest {
 public:
  static constexpr std::size_t kUnits = 16;
  /// h and c of all layers after all notes, piece by piece.
  std::vector<std::vector<float>> states_of(const std::vector<HostPiece>& some, bool play = true) const {
    const HostNetwork network = random_network(kDeep);
    PiecesCase on(stream(), network, random_clusters(network.candidates), some);
    if (play) {
      run(on, *make_clustered_rung(Precision::fp16, on.network(), on.clusters(), on.slots(), stream(), {.cluster = 2}));
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

TEST_P(ClusteredCarry, LeavesThePiecesAloneThatHaveNothingLeft) {
  const std::vector<HostPiece> all = random_pieces({2, 0, 1}, kDeep.candidates);
  const auto before = states_of(all, false), after = states_of(all);
  EXPECT_TRUE(same_bits(before[1], after[1]));
  EXPECT_FALSE(same_bits(before[2], after[2]));
}

// It is done before the others.
TEST_P(ClusteredCarry, APieceThatIsDoneKeepsItsState) {
  const std::vector<HostPiece> all = random_pieces({1, 4, 2}, kDeep.candidates);
  const auto together = states_of(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(same_bits(states_of({all[i]})[0], together[i])) << "piece " << i;
  }
}

TEST_P(ClusteredCarry, APieceThatStopsBeforeItsFirstStepKeepsItsState) {
  std::vector<HostPiece> all = random_pieces({2, 2}, kDeep.candidates);
  all[1].voice.beta = NAN;
  const auto before = states_of(all, false), after = states_of(all);
  for (std::size_t i = 0; i < before[1].size(); ++i) {  // a layer's h, rounded to what it is multiplied as, then its c
    const bool h = i / kUnits % 2 == 0;
    EXPECT_EQ(after[1][i], h ? to_float(from_float<Half>(before[1][i])) : before[1][i]) << i;
  }
}

TEST_P(ClusteredCarry, OperandsOutOfRangeAreRefused) {
  const HostNetwork network = random_network(kDeep);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({1, 1}, 12));
  const auto make = [&](int slots, const TensorShape& shape = {}, Precision precision = Precision::fp16) {
    return make_clustered_rung(precision, on.network(), on.clusters(), slots, stream(), shape);
  };
  EXPECT_THROW(make(0), std::invalid_argument);
  EXPECT_THROW(make(1)->advance(on.pieces(), on.output(), 1), std::invalid_argument);  // two rows
  EXPECT_THROW(make(2, {.cluster = 8}), std::invalid_argument);                        // four quads
  EXPECT_THROW(make(2, {}, Precision::fp32), std::invalid_argument);
  EXPECT_NO_THROW(make(2, {.cluster = 4}));
}

INSTANTIATE_TEST_SUITE_P(All, ClusteredCarry, testing::ValuesIn(two_backends()));

/// 3 x 256 and its kin, without weights.
NetworkView large_network(int layers, int hidden, int candidates, bool carry) {
  NetworkView network{.layer_count = layers,
                      .readout_count = 1,
                      .readout_size = candidates + 2,
                      .candidates = candidates,
                      .window = 25,
                      .carry = carry};
  for (int l = 0; l < layers; ++l) network.layers[l] = {.below = l == 0 ? 0 : hidden, .hidden = hidden};
  network.readout[0] = {.terms = hidden, .size = candidates + 2};
  return network;
}

TEST(ClusteredPlan, HoldsThreeLayersOf256InSixteenBlocks) {
  const NetworkView carry = large_network(3, 256, 128, true), window = large_network(3, 256, 128, false);
  EXPECT_TRUE(cluster_holds(carry, 16));
  EXPECT_FALSE(cluster_holds(carry, 8)) << "twice the weights do not fit";
  EXPECT_TRUE(cluster_holds(large_network(3, 128, 128, true), 8)) << "the portable size";
  EXPECT_FALSE(cluster_holds(large_network(3, 512, 128, true), 16));
  EXPECT_FALSE(cluster_holds(large_network(2, 36, 12, true), 8)) << "the last blocks would have no units";
  EXPECT_EQ(clustered_pieces(carry, 16, 7), 7);
  EXPECT_EQ(clustered_pieces(carry, 16, 1000), 56) << "bench/README.md says so";
  EXPECT_EQ(clustered_pieces(window, 16, 1000), 2) << "bench/README.md says so";
}

// Four tiles of units a block in each layer: those of the first two are the warps' first, of the third their second.
TEST(ClusteredPlan, WarpsHoldTheFirstMatricesOfTheirLists) {
  const ClusteredPlan plan = clustered_plan(large_network(3, 256, 128, true), 16, 1);
  EXPECT_EQ(plan.first_number[3], 12);
  EXPECT_EQ(plan.held_as[hh_matrix(0)], HeldAs::first);
  EXPECT_EQ(plan.held_as[hh_matrix(1)], HeldAs::first);
  EXPECT_EQ(plan.held_as[ih_matrix(1)], HeldAs::second);
  EXPECT_EQ(plan.held_as[hh_matrix(2)], HeldAs::second);
  EXPECT_EQ(plan.held_as[ih_matrix(2)], HeldAs::none);
  EXPECT_EQ(plan.held_as[kHeadsMatrix], HeldAs::none) << "its warp's first tile has two matrices";
  EXPECT_EQ(plan.matrix[hh_matrix(0)].held, 8);
  EXPECT_EQ(plan.matrix[hh_matrix(2)].held, 4);
}

// No warp has two matrices of one name, whatever the sizes.
TEST(ClusteredPlan, AWarpHoldsAtMostOneMatrixOfEachName) {
  for (int layers = 1; layers <= kMaxLayers; ++layers) {
    for (int hidden = 4; hidden <= 160; hidden += 4) {
      for (const int blocks : {1, 2, 4}) {
        const ClusteredPlan plan = clustered_plan(large_network(layers, hidden, 30, true), blocks, 1);
        int held[2][kSpreadWarps] = {};
        for (int m = 0; m < kSpreadMatrices; ++m) {
          if (plan.held_as[m] == HeldAs::none || plan.matrix[m].tiles == 0) continue;
          const int first = plan.first_number[m == kHeadsMatrix ? layers : m / 2];
          for (int row = 0; row < plan.matrix[m].mine; ++row) {
            ++held[plan.held_as[m] == HeldAs::second][(first + row) % kSpreadWarps];
          }
        }
        for (const auto& name : held) {
          for (const int count : name) EXPECT_LE(count, 1) << layers << " x " << hidden << " on " << blocks;
        }
      }
    }
  }
}

TEST(ClusteredWhyNot, SaysWhatItServes) {
  const auto says = [](Fusion fusion, const NetworkView& view) { return why_not(fusion, view, Precision::fp16); };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const NetworkView carry = large_network(3, 256, 128, true), window = large_network(3, 256, 128, false);
  EXPECT_EQ(why_not_clustered(carry, 16, "rung loop"), "");
  EXPECT_EQ(why_not_clustered(window, 16, "rung cluster"), "");
  EXPECT_EQ(why_not_clustered(large_network(3, 128, 128, true), 8, "rung loop"), "");
  EXPECT_TRUE(has(why_not_clustered(carry, 8, "rung loop"), "bytes in each block of a cluster of 8; rung loop"));
  NetworkView other = window;
  other.window = kMostSpreadColumns + 1;
  EXPECT_TRUE(has(why_not_clustered(other, 16, "rung cluster"), "129 notes; rung cluster serves up to 128"));
  other = carry;
  other.readout[0].from = 5;
  EXPECT_TRUE(has(why_not_clustered(other, 16, "rung loop"), "heads that read the state"));
  other = carry;
  other.candidates = kMaxCandidates + 1;
  EXPECT_TRUE(has(why_not_clustered(other, 16, "rung loop"), "4097 candidates"));
  // What no cluster holds may still be spread over all blocks.
  EXPECT_EQ(why_not_spread(large_network(3, 512, 512, true), 132, "rung loop"), "");
  EXPECT_TRUE(has(why_not_clustered(large_network(3, 512, 512, true), 16, "rung loop"), "serves those that take"));
  EXPECT_TRUE(has(says(Fusion::overlap, carry), "3 LSTM layers; rung overlap serves one"));
}

class ClusteredServes : public DeviceTest {};

TEST_P(ClusteredServes, WhatTheKernelsOfOneBlockRefuse) {
  for (const NetworkCase& c : {kDeep, kWindow}) {
    const HostNetwork network = random_network(c);
    const auto pieces = [&] {
      return PiecesCase(stream(), network, random_clusters(12), random_pieces({4, 3}, network.candidates));
    };
    const Fusion fusion = c.carry ? Fusion::loop : Fusion::cluster;
    PiecesCase want = pieces(), named = pieces(), suited = pieces();
    EXPECT_EQ(why_not(fusion, want.network(), Precision::bf16), "");
    const Outcome clustered =
        run(want, *make_clustered_rung(Precision::bf16, want.network(), want.clusters(), 2, stream()));
    expect_same_bits(
        run(named, *make_rung(fusion, named.network(), named.clusters(), 2, stream(), false, Precision::bf16)),
        clustered);
    const Ways ways({fusion}, Fusion::cell, suited.network(), Precision::bf16, device_limits());
    expect_same_bits(
        run(suited, *make_suited_rung(suited.network(), suited.clusters(), 2, stream(), false, Precision::bf16, ways)),
        clustered);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ClusteredServes, testing::Values(backends(1).front()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
