// The 16-bit rungs loop, overlap, staggered and cluster: against the reference within their precision's gate, and
// against each other bit by bit.
#include <gtest/gtest.h>

#include "kernels/generate/tensor/rung.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct TensorCase {
  NetworkCase network;
  Fusion fusion = Fusion::loop;
  Precision precision = Precision::fp16;
  TensorShape shape;
};
void PrintTo(const TensorCase& c, std::ostream* out) {
  *out << c.network.name << " " << name_of(c.fusion) << " " << name_of(c.precision);
}

// 9 pieces: off a block's 8; several blocks, and one that serves group after group.
const TensorShape kManyBlocks{.pieces = 8, .cluster = 2, .grid = 3}, kOneBlock{.pieces = 16, .cluster = 4, .grid = 1};

const NetworkCase kWindow{.name = "window", .window = 5},
    kWide{.name = "window over more than a tile", .hidden = {37}, .window = 11, .candidates = 29},
    kTable{.name = "window, table, separate heads", .hidden = {32}, .window = 3, .table = true, .joint = false},
    kCarry{.name = "carry", .hidden = {24}, .carry = true},
    kFull{.name = "carry, all warps", .hidden = {128}, .candidates = 128, .carry = true},
    kCarryTable{
        .name = "carry, odd sizes, table", .hidden = {33}, .window = 3, .candidates = 29, .carry = true, .table = true};

const TensorCase kCases[] = {
    {kWindow, Fusion::loop, Precision::fp16, kManyBlocks},
    {kWide, Fusion::loop, Precision::bf16, kOneBlock},
    {kCarryTable, Fusion::loop, Precision::fp16, kOneBlock},
    {kCarry, Fusion::overlap, Precision::fp16, kManyBlocks},
    {kCarryTable, Fusion::overlap, Precision::bf16, kOneBlock},
    {kWide, Fusion::staggered, Precision::fp16, kManyBlocks},
    {kTable, Fusion::staggered, Precision::bf16, kOneBlock},
    {kWide, Fusion::cluster, Precision::fp16, kManyBlocks},
    {kWindow, Fusion::cluster, Precision::bf16, kOneBlock},
    {kTable, Fusion::cluster, Precision::fp16, kOneBlock},
};
// Too slow on the emulator for more than one schedule.
const TensorCase kFullCases[] = {{kFull, Fusion::loop, Precision::fp16, {}},
                                 {kFull, Fusion::overlap, Precision::fp16, {}}};

double gate_of(Precision precision) { return precision == Precision::fp16 ? 2e-3 : 1e-2; }

class TensorRungs : public DeviceCases<TensorCase> {
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
  std::unique_ptr<Rung> rung(const PiecesCase& on, Fusion fusion, const TensorShape& shape) const {
    return make_tensor_rung(fusion, param().precision, on.network(), on.clusters(), on.slots(), stream(), shape);
  }
  Outcome outcome_of(PiecesCase& on, int stretch = 1 << 20) const {
    return run(on, *rung(on, param().fusion, param().shape), stretch);
  }
};

TEST_P(TensorRungs, NotesAreThoseOfTheReference) {
  PiecesCase on = pieces();
  on.expect_reference(outcome_of(on), gate_of(param().precision));
}

INSTANTIATE_TEST_SUITE_P(All, TensorRungs, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));
INSTANTIATE_TEST_SUITE_P(Full, TensorRungs,
                         testing::Combine(testing::ValuesIn(kFullCases), testing::Values(backends(1).back())));

class TensorCompany : public TensorRungs {};

TEST_P(TensorCompany, WritesTheSameBitsAsLoopInAnyShape) {
  PiecesCase ours = pieces(), theirs = pieces();
  const Outcome got = outcome_of(ours);
  const TensorShape other = param().shape.grid == 1 ? kManyBlocks : kOneBlock;
  expect_same_bits(got, run(theirs, *rung(theirs, Fusion::loop, other)));
  if (param().network.carry) {
    EXPECT_TRUE(same_bits(ours.h(0), theirs.h(0)));
  }
}

TEST_P(TensorCompany, WhatSuitsTheRowsWritesTheSameBits) {
  PiecesCase many = pieces(), theirs = pieces();
  const Ways ways = ways_here(Fusion::loop, many.network(), param().precision);
  const auto suited =
      make_tensor_rung(ways, param().precision, many.network(), many.clusters(), many.slots(), stream());
  expect_same_bits(run(many, *suited), outcome_of(theirs));
}

TEST_P(TensorCompany, StretchesAddUpToTheWhole) {
  PiecesCase whole = pieces({7, 5, 2}), parts = pieces({7, 5, 2});  // either column of a thread goes on
  const Outcome want = outcome_of(whole), got = outcome_of(parts, 2);
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
}

TEST_P(TensorCompany, APieceIsTheSameAloneAndAmongOthers) {
  const HostNetwork network = random_network(param().network);
  const std::vector<HostPiece> all = random_pieces({3, 4, 0, 2, 4}, network.candidates);
  PiecesCase many(stream(), network, random_clusters(network.candidates), all);
  PiecesCase one(stream(), network, random_clusters(network.candidates), {all[4]});
  const Outcome together = outcome_of(many), alone = outcome_of(one);
  EXPECT_TRUE(same_bits(alone.notes, {together.notes.end() - 4, together.notes.end()}));
  EXPECT_TRUE(same_bits(alone.logits, {together.logits.end() - 4 * network.candidates, together.logits.end()}));
}

// A launch for a million notes would not end if blocks did not leave.
TEST_P(TensorCompany, ABlockLeavesWhenAllItsPiecesAreDone) {
  PiecesCase on = pieces({2, 1, 0, 3, 1});
  rung(on, param().fusion, param().shape)->advance(on.pieces(), on.output(), 1'000'000);
  for (const Progress& progress : on.outcome().progress) EXPECT_EQ(progress.left + progress.fresh + progress.fault, 0);
}

TEST_P(TensorCompany, AFaultStopsItsPieceAndNoOther) {
  const HostNetwork network = random_network(param().network);
  std::vector<HostPiece> all = random_pieces({3, 4, 2}, network.candidates);
  PiecesCase sound(stream(), network, random_clusters(network.candidates), all);
  const Outcome want = outcome_of(sound);
  all[1].primer.back().step = NAN;
  PiecesCase broken(stream(), network, random_clusters(network.candidates), all);
  const Outcome got = outcome_of(broken);
  EXPECT_EQ(got.progress[1].fault, 2);
  EXPECT_EQ(got.progress[1].left, 0);
  EXPECT_EQ(got.progress[1].written, 0u);
  EXPECT_EQ(got.notes[3].pitch, -1) << "a note was written after all";
  for (const std::size_t i : {0, 1, 2, 7, 8}) EXPECT_EQ(got.notes[i].pitch, want.notes[i].pitch) << "note " << i;
}

INSTANTIATE_TEST_SUITE_P(All, TensorCompany,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));

class TensorCarry : public DeviceTest {};

TEST_P(TensorCarry, LeavesThePiecesAloneThatHaveNothingLeft) {
  const HostNetwork network = random_network(kCarry);
  for (const Fusion fusion : {Fusion::loop, Fusion::overlap}) {
    PiecesCase on(stream(), network, random_clusters(network.candidates), random_pieces({2, 0, 1}, network.candidates));
    const std::vector<float> before = on.h(0);
    const auto rung = make_tensor_rung(fusion, Precision::fp16, on.network(), on.clusters(), on.slots(), stream());
    run(on, *rung);
    const std::vector<float> after = on.h(0);
    EXPECT_EQ(std::memcmp(&before[24], &after[24], 24 * sizeof(float)), 0) << name_of(fusion);
    EXPECT_NE(std::memcmp(&before[48], &after[48], 24 * sizeof(float)), 0) << name_of(fusion);
  }
}

// It is done before the others, in either half of h.
TEST_P(TensorCarry, APieceThatIsDoneKeepsItsState) {
  const HostNetwork network = random_network(kCarry);
  const std::vector<HostPiece> all = random_pieces({1, 4, 2}, network.candidates);
  const auto state_of = [&](Fusion fusion, const std::vector<HostPiece>& some) {
    PiecesCase on(stream(), network, random_clusters(network.candidates), some);
    run(on, *make_tensor_rung(fusion, Precision::fp16, on.network(), on.clusters(), on.slots(), stream()));
    return on.h(0);
  };
  for (const Fusion fusion : {Fusion::loop, Fusion::overlap}) {
    const std::vector<float> together = state_of(fusion, all);
    for (const std::size_t i : {0, 2}) {
      const std::vector<float> alone = state_of(fusion, {all[i]});
      EXPECT_EQ(std::memcmp(alone.data(), &together[i * 24], 24 * sizeof(float)), 0)
          << name_of(fusion) << ", piece " << i;
    }
  }
}

TEST_P(TensorCarry, OperandsOutOfRangeAreRefused) {
  const HostNetwork network = random_network(kCarry);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({1, 1}, 12));
  const auto make = [&](Precision precision, int slots) {
    return make_tensor_rung(Fusion::loop, precision, on.network(), on.clusters(), slots, stream());
  };
  EXPECT_THROW(make(Precision::fp16, 0), std::invalid_argument);
  EXPECT_THROW(make(Precision::fp32, 2), std::invalid_argument);
  EXPECT_THROW(make(Precision::fp16, 1)->advance(on.pieces(), on.output(), 1), std::invalid_argument);  // two rows
}

INSTANTIATE_TEST_SUITE_P(All, TensorCarry, testing::ValuesIn(two_backends()));

TEST(TensorWhyNot, SaysWhatItServes) {
  NetworkView network{.layer_count = 1, .readout_count = 1, .readout_size = 130, .candidates = 128, .window = 25};
  network.layers[0] = {.hidden = 128};
  network.readout[0] = {.terms = 128, .size = 130};
  const auto says = [](Fusion fusion, const NetworkView& view) { return why_not(fusion, view, Precision::fp16); };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_EQ(says(Fusion::loop, network), "");
  EXPECT_EQ(says(Fusion::staggered, network), "");
  EXPECT_EQ(says(Fusion::cluster, network), "");
  EXPECT_TRUE(has(says(Fusion::overlap, network), "rung overlap serves carried states"));
  EXPECT_EQ(says(Fusion::cell, network), "");
  EXPECT_TRUE(has(says(Fusion::pointwise, network), "rung pointwise computes in fp32"));
  EXPECT_TRUE(has(says(Fusion::window, network), "rung window computes in fp32"));
  EXPECT_TRUE(has(why_not(Fusion::overlap, network), "rung overlap serves fp16 and bf16"));
  NetworkView other = network;
  other.carry = true;
  EXPECT_EQ(says(Fusion::overlap, other), "");
  EXPECT_TRUE(has(says(Fusion::staggered, other), "rung staggered serves windows"));
  other = network;
  other.layer_count = 2;
  EXPECT_TRUE(has(says(Fusion::loop, other), "2 LSTM layers; rung loop serves one"));
  EXPECT_EQ(says(Fusion::cell, other), "");
  EXPECT_EQ(says(Fusion::staggered, other), "");
  EXPECT_EQ(suited_fusion(network, Precision::fp16), Fusion::loop);
  EXPECT_EQ(suited_fusion(other, Precision::bf16), Fusion::cell);
  other = network;
  other.layers[0].hidden = 129;
  EXPECT_TRUE(has(says(Fusion::loop, other), "129 units; rung loop serves up to 128"));
  other = network;
  other.candidates = 129;
  EXPECT_TRUE(has(says(Fusion::loop, other), "129 candidates"));
  other = network;
  other.readout[0].from = 5;
  EXPECT_TRUE(has(says(Fusion::loop, other), "heads that read the state"));
  other = network;
  other.window = 1 << 20;
  EXPECT_TRUE(has(says(Fusion::loop, other), "232448 at most"));
  EXPECT_THROW(make_tensor_rung(Fusion::loop, Precision::fp16, other, {}, 1, {}), std::invalid_argument);
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
