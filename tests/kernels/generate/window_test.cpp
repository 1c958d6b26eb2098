// The rung window: against the reference and the rung cell, and against itself in other shapes.
#include <gtest/gtest.h>

#include "kernels/device/shape.h"
#include "kernels/generate/cell.h"
#include "kernels/generate/window.h"
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
    {.name = "four layers, table, separate heads", .hidden = {8, 12, 5, 7}, .window = 3, .table = true, .joint = false},
    {.name = "dense layers, hidden layers in heads", .hidden = {32}, .window = 6, .dense = {18}, .heads = {9}},
};

class WindowRung : public DeviceCases<NetworkCase> {
 public:
  PiecesCase pieces() const {
    const HostNetwork network = random_network(param());
    return {stream(), network, random_clusters(network.candidates),
            random_pieces({2, 0, 3, 1, 2, 0, 2, 1, 3}, network.candidates)};
  }
  Outcome outcome_of(const ResidentShape& shape, PiecesCase& on, bool graphs = false) const {
    const auto rung = make_window_steps(on.network(), on.clusters(), on.slots(), stream(), graphs, shape);
    return run(on, *rung);
  }
};

TEST_P(WindowRung, NotesAreThoseOfTheReference) {
  for (const ResidentShape& shape : {kShapes[0], kShapes[2]}) {
    PiecesCase on = pieces();
    on.expect_reference(outcome_of(shape, on));
  }
}

INSTANTIATE_TEST_SUITE_P(All, WindowRung,
                         testing::Combine(testing::ValuesIn(kNetworks), testing::ValuesIn(backends())));

class WindowCompany : public WindowRung {};

TEST_P(WindowCompany, WritesTheSameBitsInEveryShape) {
  PiecesCase first = pieces();
  const Outcome want = outcome_of(kShapes[0], first);
  for (const ResidentShape& shape : {kShapes[1], kShapes[2], kShapes[3]}) {
    SCOPED_TRACE("cluster of " + std::to_string(shape.cluster) + ", " + std::to_string(shape.pieces) + " pieces");
    PiecesCase on = pieces();
    expect_same_bits(outcome_of(shape, on), want);
    for (std::size_t l = 0; l < param().hidden.size(); ++l) {
      EXPECT_TRUE(same_bits(on.h(static_cast<int>(l)), first.h(static_cast<int>(l)))) << "layer " << l;
    }
  }
}

TEST_P(WindowCompany, TakesThePitchesOfTheRungCell) {
  PiecesCase ours = pieces(), cells = pieces();
  const auto cell = make_cell_steps(cells.network(), cells.clusters(), cells.slots(), stream(), false);
  const Outcome want = run(cells, *cell), got = outcome_of(kShapes[1], ours, /*graphs=*/true);
  EXPECT_EQ(got.pitches(), want.pitches());
  EXPECT_TRUE(same_progress(got.progress, want.progress));
}

TEST_P(WindowCompany, LeavesThePiecesAloneThatHaveNothingLeft) {
  PiecesCase on = pieces();
  const std::vector<float> before = on.h(0);
  outcome_of(kShapes[1], on);
  const std::vector<float> after = on.h(0);
  const auto hidden = static_cast<std::size_t>(param().hidden[0]);
  for (const std::size_t slot : {1, 5}) {
    EXPECT_EQ(std::memcmp(&before[slot * hidden], &after[slot * hidden], hidden * sizeof(float)), 0) << "slot " << slot;
  }
}

INSTANTIATE_TEST_SUITE_P(All, WindowCompany,
                         testing::Combine(testing::ValuesIn(kNetworks), testing::ValuesIn(two_backends())));

constexpr DeviceLimits kH200{.multiprocessors = 132};

NetworkView network_of(int hidden, int layers, int window) {
  NetworkView network{
      .layer_count = layers, .readout_count = 1, .readout_size = 130, .candidates = 128, .window = window};
  for (int l = 0; l < layers; ++l) network.layers[l] = {.below = l == 0 ? 0 : hidden, .hidden = hidden};
  network.readout[0] = {.terms = hidden, .size = 130};
  return network;
}

TEST(WindowWhyNot, SaysHowMuchWouldFit) {
  EXPECT_EQ(why_not_window(network_of(128, 3, 25)), "");
  const std::string why = why_not_window(network_of(512, 1, 25));
  EXPECT_NE(why.find("rung window serves those that take 232448 at most"), std::string::npos) << why;
  EXPECT_THROW(make_window_steps(network_of(512, 1, 25), {}, 1, {}, false), std::invalid_argument);
}

// The seed's weights of 84,354 numbers are 337 KB in fp32: two blocks.
TEST(ResidentPlan, PutsTheSeedIntoTwoBlocks) {
  const ResidentPlan many = fitting_plan(network_of(128, 1, 25), true, 16384, kH200).value();
  EXPECT_EQ(many.cluster, 2);
  EXPECT_EQ(many.pieces, 16);
  EXPECT_LE(many.bytes, kSharedLimit);
  EXPECT_EQ(many.layers[0].units, 64);
}

TEST(ResidentPlan, SpreadsFewPiecesAndPacksMany) {
  const NetworkView seed = network_of(128, 1, 25);
  EXPECT_EQ(fitting_plan(seed, true, 1, kH200)->pieces, 4);
  EXPECT_EQ(fitting_plan(seed, true, 1, kH200)->cluster, 4) << "with eight, two schedulers of a block have no warp";
  EXPECT_EQ(fitting_plan(seed, true, 264, kH200)->pieces, 4);
  EXPECT_EQ(fitting_plan(seed, true, 265, kH200)->pieces, 8);
  EXPECT_EQ(fitting_plan(seed, true, 529, kH200)->pieces, 16);
}

TEST(ResidentPlan, TakesALongWindowOnlyForAsManyPiecesAsFit) {
  const auto plan = fitting_plan(network_of(16, 1, 4096), true, 16384, kH200);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->pieces, 4);  // a ring of 4,096 notes takes 49 KB
  EXPECT_FALSE(fitting_plan(network_of(16, 1, 4096), true, 1, kH200, {.pieces = 8}).has_value());
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
