// The rungs note and loop: against the reference, against each other and against the rung cell.
#include <gtest/gtest.h>

#include "kernels/generate/cell.h"
#include "kernels/generate/choose.h"
#include "kernels/generate/loop.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

const NetworkCase kNetworks[] = {
    {.name = "one layer, window"},
    {.name = "one layer, carry", .hidden = {24}, .carry = true},
    {.name = "odd sizes, two layers, window", .hidden = {19, 33}, .window = 3, .candidates = 29},
    {.name = "odd sizes, two layers, carry", .hidden = {33, 19}, .window = 3, .candidates = 29, .carry = true},
    {.name = "table, separate heads, window", .hidden = {32}, .window = 3, .table = true, .joint = false},
    {.name = "many candidates, carry", .candidates = 150, .carry = true},
};

const NetworkCase kLarger[] = {{.name = "several groups a warp", .hidden = {64}, .candidates = 128, .carry = true}};

class LoopRung : public DeviceCases<NetworkCase> {
 public:
  /// Off the tiles of 4 and 8 pieces, with some done at once.
  PiecesCase pieces(std::vector<int> left = {2, 0, 3, 1, 2, 0, 1, 1, 3}) const {
    const HostNetwork network = random_network(param());
    return {stream(), network, random_clusters(network.candidates), random_pieces(left, network.candidates)};
  }
  Outcome outcome_of(Fusion fusion, const ResidentShape& shape, PiecesCase& on, int stretch = 1 << 20) const {
    const auto rung = make_loop_rung(fusion, on.network(), on.clusters(), on.slots(), stream(), shape);
    return run(on, *rung, stretch);
  }
};

TEST_P(LoopRung, NotesAreThoseOfTheReference) {
  for (const ResidentShape& shape : {kShapes[0], kShapes[2]}) {
    PiecesCase on = pieces();
    on.expect_reference(outcome_of(Fusion::loop, shape, on));
  }
}

INSTANTIATE_TEST_SUITE_P(All, LoopRung, testing::Combine(testing::ValuesIn(kNetworks), testing::ValuesIn(backends())));

INSTANTIATE_TEST_SUITE_P(Larger, LoopRung, testing::Combine(testing::ValuesIn(kLarger), testing::ValuesIn(backends())));

class LoopCompany : public LoopRung {};

TEST_P(LoopCompany, NoteWritesTheSameBitsAsLoop) {
  PiecesCase one = pieces(), other = pieces();
  expect_same_bits(outcome_of(Fusion::note, kShapes[1], one), outcome_of(Fusion::loop, kShapes[1], other));
  for (std::size_t l = 0; param().carry && l < param().hidden.size(); ++l) {
    EXPECT_TRUE(same_bits(one.h(static_cast<int>(l)), other.h(static_cast<int>(l)))) << "layer " << l;
  }
}

TEST_P(LoopCompany, WritesTheSameBitsInEveryShape) {
  PiecesCase first = pieces();
  const Outcome want = outcome_of(Fusion::loop, kShapes[0], first);
  for (const ResidentShape& shape : {kShapes[1], kShapes[2], kShapes[3]}) {
    SCOPED_TRACE("cluster of " + std::to_string(shape.cluster) + ", " + std::to_string(shape.pieces) + " pieces");
    PiecesCase on = pieces();
    expect_same_bits(outcome_of(Fusion::loop, shape, on), want);
  }
}

TEST_P(LoopCompany, TakesThePitchesOfTheRungCell) {
  PiecesCase ours = pieces(), cells = pieces();
  const auto cell = make_cell_steps(cells.network(), cells.clusters(), cells.slots(), stream(), false);
  const Outcome want = run(cells, *cell), got = outcome_of(Fusion::loop, kShapes[2], ours);
  EXPECT_EQ(got.pitches(), want.pitches());
  EXPECT_TRUE(same_progress(got.progress, want.progress));
}

TEST_P(LoopCompany, StretchesAddUpToTheWhole) {
  PiecesCase whole = pieces({5, 2, 3}), parts = pieces({5, 2, 3});
  const Outcome want = outcome_of(Fusion::loop, kShapes[1], whole),
                got = outcome_of(Fusion::loop, kShapes[1], parts, 2);
  EXPECT_TRUE(same_bits(got.notes, want.notes));
  EXPECT_TRUE(same_bits(got.logits, want.logits));
}

TEST_P(LoopCompany, APieceIsTheSameAloneAndAmongOthers) {
  const HostNetwork network = random_network(param());
  const std::vector<HostPiece> all = random_pieces({3, 4, 0, 2, 4}, network.candidates);
  PiecesCase many(stream(), network, random_clusters(network.candidates), all);
  PiecesCase one(stream(), network, random_clusters(network.candidates), {all[4]});
  const Outcome together = outcome_of(Fusion::loop, kShapes[1], many),
                alone = outcome_of(Fusion::loop, kShapes[1], one);
  EXPECT_TRUE(same_bits(alone.notes, {together.notes.end() - 4, together.notes.end()}));
  EXPECT_TRUE(same_bits(alone.logits, {together.logits.end() - 4 * network.candidates, together.logits.end()}));
}

// A launch for a million notes would not end if groups did not leave.
TEST_P(LoopCompany, AGroupLeavesWhenAllItsPiecesAreDone) {
  PiecesCase on = pieces({2, 1, 0, 3, 1});
  const auto rung = make_loop_rung(Fusion::loop, on.network(), on.clusters(), on.slots(), stream(), kShapes[0]);
  rung->advance(on.pieces(), on.output(), 1'000'000);
  for (const Progress& progress : on.outcome().progress) EXPECT_EQ(progress.left + progress.fresh + progress.fault, 0);
}

TEST_P(LoopCompany, LeavesThePiecesAloneThatHaveNothingLeft) {
  PiecesCase on = pieces();
  const std::vector<float> before = on.h(0);
  outcome_of(Fusion::loop, kShapes[1], on);
  const std::vector<float> after = on.h(0);
  const auto hidden = static_cast<std::size_t>(param().hidden[0]);
  for (const std::size_t slot : {1, 5}) {
    EXPECT_EQ(std::memcmp(&before[slot * hidden], &after[slot * hidden], hidden * sizeof(float)), 0) << "slot " << slot;
  }
}

TEST_P(LoopCompany, AFaultStopsItsPieceAndNoOther) {
  const HostNetwork network = random_network(param());
  std::vector<HostPiece> all = random_pieces({3, 4, 2}, network.candidates);
  PiecesCase sound(stream(), network, random_clusters(network.candidates), all);
  const Outcome want = outcome_of(Fusion::loop, kShapes[1], sound);
  all[1].primer.back().step = NAN;
  PiecesCase broken(stream(), network, random_clusters(network.candidates), all);
  const Outcome got = outcome_of(Fusion::loop, kShapes[1], broken);
  EXPECT_EQ(got.progress[1].fault, 2);
  EXPECT_EQ(got.progress[1].left, 0);
  EXPECT_EQ(got.progress[1].written, 0u);
  EXPECT_EQ(got.notes[3].pitch, -1) << "a note was written after all";
  for (const std::size_t i : {0, 1, 2, 7, 8}) EXPECT_EQ(got.notes[i].pitch, want.notes[i].pitch) << "note " << i;
}

TEST_P(LoopCompany, LogitsThatAreNotFiniteStopThePiece) {
  HostNetwork network = random_network(param());
  network.readout[0].bias[static_cast<std::size_t>(network.candidates - 1)] = INFINITY;  // the last candidate's
  PiecesCase on(stream(), network, random_clusters(network.candidates), random_pieces({2, 2}, network.candidates));
  const Outcome got = outcome_of(Fusion::loop, kShapes[0], on);
  for (const Progress& progress : got.progress) {
    EXPECT_EQ(progress.fault, 1);
    EXPECT_EQ(progress.left + progress.fresh, 0);
  }
  for (const Played& note : got.notes) EXPECT_EQ(note.pitch, -1);
}

INSTANTIATE_TEST_SUITE_P(All, LoopCompany,
                         testing::Combine(testing::ValuesIn(kNetworks), testing::ValuesIn(two_backends())));

class LoopLimits : public DeviceTest {};

TEST_P(LoopLimits, OperandsOutOfRangeAreRefused) {
  const HostNetwork network = random_network(kNetworks[0]);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({1, 1}, 12));
  EXPECT_THROW(make_loop_rung(Fusion::loop, on.network(), on.clusters(), 0, stream()), std::invalid_argument);
  const auto rung = make_loop_rung(Fusion::loop, on.network(), on.clusters(), 1, stream());
  EXPECT_THROW(rung->advance(on.pieces(), on.output(), 1), std::invalid_argument);  // two rows for one slot
}

INSTANTIATE_TEST_SUITE_P(All, LoopLimits, testing::ValuesIn(backends()));

TEST(LoopWhyNot, SaysWhatItServes) {
  NetworkView network{.layer_count = 1, .readout_count = 1, .readout_size = 130, .candidates = 128, .window = 25};
  network.layers[0] = {.hidden = 128};
  network.readout[0] = {.terms = 128, .size = 130};
  EXPECT_EQ(why_not_loop(Fusion::loop, network), "");
  NetworkView deep = network;
  deep.readout[0].from = 5;
  EXPECT_EQ(why_not_loop(Fusion::note, deep),
            "the network has dense layers between its state and its heads; rung note serves heads that read the state");
  NetworkView large = network;
  large.layers[0].hidden = 512;
  EXPECT_NE(why_not_loop(Fusion::loop, large).find("rung loop serves those that take 232448 at most"),
            std::string::npos);
  NetworkView many = network;
  many.candidates = kMaxCandidates + 1;
  EXPECT_NE(why_not_loop(Fusion::loop, many).find("rung loop serves up to 4096"), std::string::npos);
  EXPECT_THROW(make_loop_rung(Fusion::loop, large, {}, 1, {}), std::invalid_argument);
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
