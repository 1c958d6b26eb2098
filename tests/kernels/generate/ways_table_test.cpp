// How a table is read, whose it is, and that the committed ones are sound. No device is asked.
#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <cmath>
#include <string>

#include "kernels/generate/dispatch/ways.h"
#include "kernels/generate/resident.h"

namespace kernels {
namespace {

constexpr DeviceLimits kH200{.multiprocessors = 132};
constexpr DeviceLimits kA100{.multiprocessors = 108, .cluster = 1, .shared_bytes = 166'912};

/// As the presets are: heads that read the state, 128 candidates.
NetworkView network_of(int layers, int hidden, int window, bool carry) {
  NetworkView network{
      .layer_count = layers, .readout_count = 1, .readout_size = 130, .candidates = 128, .window = window};
  for (int l = 0; l < layers; ++l) network.layers[l] = {.below = l == 0 ? 0 : hidden, .hidden = hidden};
  network.readout[0] = {.terms = hidden, .size = 130};
  network.carry = carry;
  return network;
}

constexpr Way kFew{Fusion::cell, 0, 0, TileChoice::few}, kMany{Fusion::cell, 0, 0, TileChoice::many},
    kWide{Fusion::cell, 0, 0, TileChoice::wide};
constexpr auto fp16 = Precision::fp16;

constexpr std::array kRows = {
    TunedWay{{fp16, 3, 256, 0}, {32, kFew}, 9.5},
    TunedWay{{fp16, 3, 256, 0}, {1024, kMany}, 21},
    TunedWay{{fp16, 3, 512, 0}, {WayStep::kAll, kWide}, 300},
    TunedWay{{fp16, 3, 512, 100}, {WayStep::kAll, {Fusion::staggered, 0, 0, TileChoice::wide}}, 900},
    TunedWay{{fp16, 1, 128, 25}, {8, {Fusion::cluster, 0, 4}}, 1.1},
    TunedWay{{fp16, 1, 128, 25}, {WayStep::kAll, {Fusion::loop, 64}}, 140},
    TunedWay{{fp16, 1, 64, 25}, {WayStep::kAll, {Fusion::loop, 16}}, 70},
    TunedWay{{Precision::fp32, 3, 256, 0}, {WayStep::kAll, kMany}, 80},
};
constexpr TunedTable kTable{
    .gpu = "Test GPU", .multiprocessors = 132, .capability = 90, .measured = true, .ways = kRows};

Ways ways(Fusion family, const NetworkView& network, const TunedTable* table = &kTable,
          const DeviceLimits& limits = kH200) {
  return {family, network, fp16, limits, table};
}

TEST(Ways, TheNumberOfPiecesTakesItsStepAndTheLastIsForAllBeyond) {
  const Ways found = ways(Fusion::cell, network_of(3, 256, 25, true));
  EXPECT_EQ(found.at(1), kFew);
  EXPECT_EQ(found.at(32), kFew);
  EXPECT_EQ(found.at(33), kMany);
  EXPECT_EQ(found.at(INT_MAX), kMany);
  ASSERT_NE(found.tuned(), nullptr);
  EXPECT_EQ(text_of(*found.tuned()), "fp16, 3 x 256, carried state");
}

TEST(Ways, AShapeBetweenTakesTheNearestClass) {
  EXPECT_EQ(ways(Fusion::cell, network_of(3, 512, 25, true)).at(1), kWide);
  EXPECT_EQ(ways(Fusion::cell, network_of(2, 512, 25, true)).at(1), kWide);
  EXPECT_EQ(ways(Fusion::cell, network_of(2, 300, 25, true)).at(1), kFew);
  // 3 x 362 lies halfway, a hair nearer to 256 by its square: the doublings of the weights count, not the units
  EXPECT_EQ(ways(Fusion::cell, network_of(3, 362, 25, true)).at(1), kFew);
  EXPECT_EQ(ways(Fusion::cell, network_of(3, 363, 25, true)).at(1), kWide);
}

TEST(Ways, PrecisionsAndStateModesAreNeverMixed) {
  const NetworkClass carry{fp16, 3, 256, 0};
  EXPECT_EQ(distance(carry, carry), 0);
  EXPECT_EQ(distance(carry, {fp16, 3, 512, 0}), 2);
  EXPECT_EQ(distance({fp16, 3, 256, 25}, {fp16, 3, 256, 100}), 2);
  EXPECT_TRUE(std::isinf(distance(carry, {Precision::bf16, 3, 256, 0})));
  EXPECT_TRUE(std::isinf(distance(carry, {fp16, 3, 256, 25})));
  const Ways bf16(Fusion::cell, network_of(3, 256, 25, true), Precision::bf16, kH200, &kTable);
  EXPECT_EQ(bf16.tuned(), nullptr) << "there is no class of bf16";
  EXPECT_EQ(bf16.at(1), Way{Fusion::loop}) << "by estimate: on one cluster";
}

// The class of 3 x 512 is the nearest to 1 x 512 in window mode, of those whose ways serve: loop does not.
TEST(Ways, AClassWhoseWaysDoNotServeIsPassedOver) {
  EXPECT_EQ(ways(Fusion::cell, network_of(1, 160, 25, false)).at(1).fusion, Fusion::staggered);
  EXPECT_EQ(ways(Fusion::loop, network_of(1, 128, 25, false)).at(8), (Way{Fusion::cluster, 0, 4}));
  const Ways older = ways(Fusion::loop, network_of(1, 128, 25, false), &kTable, kA100);
  EXPECT_EQ(older.at(8), (Way{Fusion::loop, 16}))
      << "without clusters the class of 64 units is the nearest that serves";
  const Ways none = ways(Fusion::loop, network_of(1, 128, 25, true));
  EXPECT_EQ(none.tuned(), nullptr) << "there is no carried state of one layer";
  EXPECT_EQ(none.at(8 * 132), Way{Fusion::overlap});
  EXPECT_EQ(none.at(8 * 132 + 1), Way{Fusion::loop});
}

TEST(Ways, WithoutATableTheChoiceIsByEstimateForTheDevice) {
  const NetworkView window = network_of(1, 128, 25, false);
  const Ways newer = ways(Fusion::loop, window, nullptr), older = ways(Fusion::loop, window, nullptr, kA100);
  EXPECT_EQ(newer.at(33), (Way{Fusion::cluster, 0, 4}));
  EXPECT_EQ(newer.at(34), Way{Fusion::staggered});
  EXPECT_EQ(newer.at(133), Way{Fusion::loop});
  EXPECT_EQ(older.at(1), Way{Fusion::staggered});
  EXPECT_EQ(older.at(109), Way{Fusion::loop});
  const Ways deep = ways(Fusion::cell, network_of(3, 512, 100, false), nullptr);
  EXPECT_EQ(deep.most_pieces(Fusion::staggered, 4096), 1024);
  EXPECT_EQ(deep.most_pieces(Fusion::cell, 4096), 4096);
  EXPECT_EQ(deep.most_pieces(Fusion::cell, 1024), 0);
  EXPECT_EQ(deep.most_pieces(Fusion::staggered, 7), 7);
}

// Seven clusters of sixteen blocks, each of 56 carried states or two windows of 25.
TEST(Ways, FewPiecesOfWhatAClusterHoldsStayOnIt) {
  const NetworkView carry = network_of(3, 256, 25, true), window = network_of(3, 256, 25, false);
  const Ways carried = ways(Fusion::cell, carry, nullptr), windows = ways(Fusion::cell, window, nullptr);
  EXPECT_EQ(carried.at(392), Way{Fusion::loop});
  EXPECT_EQ(carried.at(393), Way{Fusion::cell});
  EXPECT_EQ(windows.at(14), Way{Fusion::cluster});
  EXPECT_EQ(windows.at(15), Way{Fusion::staggered});
  EXPECT_EQ(ways(Fusion::cell, network_of(3, 512, 25, true), nullptr).at(1), Way{Fusion::cell}) << "too large for one";
  EXPECT_EQ(ways(Fusion::cell, carry, nullptr, kA100).at(1), Way{Fusion::cell}) << "no clusters";
  EXPECT_EQ(ways(Fusion::cell, window, nullptr, kA100).at(1), Way{Fusion::staggered});
}

// What a device refuses after all.
TEST(Ways, WithoutARungTheNextTakesItsPieces) {
  const Ways windows = ways(Fusion::cell, network_of(3, 256, 25, false), nullptr).without(Fusion::cluster);
  EXPECT_EQ(windows.at(1), Way{Fusion::staggered});
  EXPECT_EQ(windows.at(1025), Way{Fusion::cell});
  const Ways last = windows.without(Fusion::cell);
  EXPECT_EQ(last.at(INT_MAX), Way{Fusion::staggered});
  EXPECT_EQ(last.without(Fusion::staggered).at(1), Way{Fusion::cell}) << "the family's name";
}

TEST(Ways, OneWayMustServe) {
  const NetworkView window = network_of(1, 128, 25, false);
  EXPECT_EQ(Ways({Fusion::loop, 32}, Fusion::loop, window, fp16, kH200).at(7), (Way{Fusion::loop, 32}));
  EXPECT_THROW(Ways({Fusion::overlap}, Fusion::loop, window, fp16, kH200), std::invalid_argument);
  EXPECT_THROW(Ways({Fusion::loop, 24}, Fusion::loop, window, fp16, kH200), std::invalid_argument);
  EXPECT_THROW(Ways({Fusion::cluster, 0, 4}, Fusion::loop, window, fp16, kA100), std::invalid_argument);
  EXPECT_THROW(Ways(kFew, Fusion::loop, window, fp16, kH200), std::invalid_argument);
  EXPECT_THROW(Ways(kWide, Fusion::cell, window, Precision::fp32, kH200), std::invalid_argument);
}

DeviceInfo h200() {
  return {.name = "NVIDIA H200", .multiprocessors = 132, .capability_major = 9, .capability_minor = 0};
}

TEST(Tables, AreTakenByNameProcessorsAndCapability) {
  EXPECT_NE(table_of(h200()), nullptr);
  DeviceInfo other = h200();
  other.name = "NVIDIA H200 NVL";
  EXPECT_EQ(table_of(other), nullptr);
  other = h200();
  other.multiprocessors = 66;  // a part of one
  EXPECT_EQ(table_of(other), nullptr);
  other = h200();
  other.capability_minor = 1;
  EXPECT_EQ(table_of(other), nullptr);
}

TEST(Tables, SayWhatTheyStandOn) {
  EXPECT_EQ(text_of(static_cast<const TunedTable*>(nullptr)), "no table for this GPU; portable choice, by estimate");
  TunedTable table{.gpu = "Test GPU"};
  EXPECT_EQ(text_of(&table), "table for Test GPU: estimated, not measured");
  table = {
      .gpu = "Test GPU", .measured = true, .driver = "580.1", .commit = "abc", .date = "2027-01-02", .clock_mhz = 1980};
  EXPECT_EQ(text_of(&table), "table for Test GPU: measured 2027-01-02, driver 580.1, 1980 MHz, commit abc");
}

bool has(const char* text) { return text != nullptr && *text != '\0'; }

// What a reader of a table relies on, whoever wrote it.
TEST(Tables, TheCommittedOnesAreSound) {
  for (const TunedTable& table : tuned_tables()) {
    SCOPED_TRACE(table.gpu);
    EXPECT_EQ(std::string(table.gpu).find("emulated"), std::string::npos) << "the emulator's times mean nothing";
    EXPECT_EQ(has(table.driver) && has(table.commit) && has(table.date), table.measured);
    ASSERT_FALSE(table.ways.empty());
    for (std::size_t i = 0; i < table.ways.size(); ++i) {
      const TunedWay& row = table.ways[i];
      SCOPED_TRACE(text_of(row.network) + ", up to " + std::to_string(row.step.most_pieces));
      EXPECT_EQ(row.us > 0, table.measured);
      const bool goes_on = i + 1 < table.ways.size() && table.ways[i + 1].network == row.network;
      EXPECT_EQ(row.step.most_pieces == WayStep::kAll, !goes_on);
      if (goes_on) {
        EXPECT_LT(row.step.most_pieces, table.ways[i + 1].step.most_pieces);
      }
      for (std::size_t j = i + 2; j < table.ways.size(); ++j) {
        EXPECT_TRUE(table.ways[j].network != row.network || table.ways[j - 1].network == row.network) << "torn apart";
      }
    }
  }
}

// An estimate is the rule's, so that nobody can take another for a measurement; and each class is taken by its network.
TEST(Tables, TheCommittedOnesServeTheirNetworksAndEstimatesAreTheRules) {
  for (const TunedTable& table : tuned_tables()) {
    SCOPED_TRACE(table.gpu);
    const DeviceLimits limits{.multiprocessors = table.multiprocessors,
                              .cluster = table.capability >= kFirstWithClusters ? kPortableCluster : 1};
    for (const TunedWay& row : table.ways) {
      const NetworkClass& c = row.network;
      SCOPED_TRACE(text_of(c));
      const NetworkView network = network_of(c.layers, c.hidden, c.window == 0 ? 25 : c.window, c.window == 0);
      const bool on_chip = c.layers == 1 && c.hidden <= 128;
      const Fusion family = on_chip                                                                    ? Fusion::loop
                            : c.precision == Precision::fp32 && fitting_plan(network, true, 1, limits) ? Fusion::loop
                                                                                                       : Fusion::cell;
      const Ways found(family, network, c.precision, limits, &table);
      ASSERT_NE(found.tuned(), nullptr) << "a way does not serve";
      EXPECT_EQ(*found.tuned(), c);
      EXPECT_EQ(found.at(row.step.most_pieces), row.step.way);
      if (table.measured) continue;
      const Ways estimated(family, network, c.precision, limits, nullptr);
      EXPECT_EQ(estimated.at(row.step.most_pieces), row.step.way);
      if (row.step.most_pieces != WayStep::kAll) {
        EXPECT_FALSE(estimated.at(row.step.most_pieces + 1) == row.step.way);
      }
    }
  }
}

}  // namespace
}  // namespace kernels
