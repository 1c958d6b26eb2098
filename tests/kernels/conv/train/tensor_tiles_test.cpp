// How training's convolutions on tensor cores divide their work.
#include "kernels/conv/train/tensor_tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace kernels {
namespace {

/// Eight rows whose places ldmatrix reads at once.
template <class Pixels, int kChunks>
void expect_all_banks() {
  using Places = PatchPlaces<Pixels, kChunks>;
  for (int tap = 0; tap < kWindowTaps; ++tap) {
    for (int first = 0; first < Pixels::kPixels; first += 8) {
      std::set<int> banks;
      for (int row = first; row < first + 8; ++row)
        banks.insert((Places::of_row(row) + Places::at(0, tap / 3, tap % 3)) % 8);
      EXPECT_EQ(banks.size(), 8u) << "rows from " << first << ", tap " << tap << ", pictures of " << Pixels::kSide;
    }
  }
}

TEST(TensorTiles, EightRowsOfAMatrixMeetNoBankTwice) {
  expect_all_banks<LargeMapTile, 2>();
  expect_all_banks<LargeMapTile, 4>();
  expect_all_banks<SmallMapTile, 2>();
  expect_all_banks<SmallMapTile, 4>();
}

template <class Pixels, int kChunks>
void expect_own_places() {
  using Places = PatchPlaces<Pixels, kChunks>;
  std::set<int> taken;
  int greatest = 0;
  for (int i = 0; i < Pixels::kPictures * Pixels::kPatch * Pixels::kPatch; ++i) {
    const int x = i % Pixels::kPatch, y = i / Pixels::kPatch % Pixels::kPatch;
    for (int chunk = 0; chunk < kChunks; ++chunk) {
      const int place = Places::at(i / Pixels::kPatch / Pixels::kPatch, y, x) + chunk;
      EXPECT_TRUE(taken.insert(place).second) << "place " << place;
      greatest = std::max(greatest, place);
    }
  }
  EXPECT_LT(greatest, Places::kCount);
}

TEST(TensorTiles, EveryChunkOfAPatchHasAPlaceOfItsOwn) {
  expect_own_places<LargeMapTile, 2>();
  expect_own_places<LargeMapTile, 4>();
  expect_own_places<SmallMapTile, 2>();
  expect_own_places<SmallMapTile, 4>();
}

TEST(TensorTiles, ThePresetsSidesLeaveNoRowIdle) {
  const int pictures = 256;
  for (const int side : {48, 24, 12, 6}) EXPECT_EQ(tile_count(pictures, side) * 144, pictures * side * side) << side;
}

TEST(TensorTiles, AMapHasTheTilesThatCoverIt) {
  EXPECT_EQ(tile_count(1, 1), 1);
  EXPECT_EQ(tile_count(4, 6), 1);
  EXPECT_EQ(tile_count(5, 6), 2);
  EXPECT_EQ(tile_count(5, 7), 5);
  EXPECT_EQ(tile_count(2, 12), 2);
  EXPECT_EQ(tile_count(2, 13), 8);
}

TEST(TensorTiles, WideBlocksAreForManyChannelsOfLargeMaps) {
  EXPECT_TRUE(is_wide_convolution(7, 48));
  EXPECT_FALSE(is_wide_convolution(7, 32));
  EXPECT_FALSE(is_wide_convolution(6, 48));
  EXPECT_TRUE(is_wide_gradient(48));
  EXPECT_FALSE(is_wide_gradient(32));
}

struct Stage {
  int side, reads, writes;
  friend void PrintTo(const Stage& s, std::ostream* out) {
    *out << s.side << " x " << s.side << ", " << s.reads << " to " << s.writes;
  }
};

class GradientRuns : public testing::TestWithParam<Stage> {};

// A multiprocessor runs twelve warps of blocks of three (up to 32 channels out) or of six.
TEST_P(GradientRuns, FillAnH200AndNoneIsEmpty) {
  const Stage& s = GetParam();
  for (const int pictures : {1, 7, 64, 256}) {
    const int tiles = tile_count(pictures, s.side), run = gradient_run(pictures, s.side, s.reads, s.writes);
    const int groups = gradient_groups(pictures, s.side, run);
    ASSERT_GE(run, 1);
    EXPECT_GE(groups * run, tiles);
    EXPECT_LT((groups - 1) * run, tiles);
    const WindowSlices slices = window_slices(s.reads, s.writes);
    const int blocks = groups * slices.in * slices.out, room = 132 * (s.writes <= 32 ? 4 : 2);
    EXPECT_LE(blocks, std::max(room, slices.in * slices.out)) << pictures;
    // With a tile fewer in a run there would be too many; or there is but one.
    if (run > 1) {
      EXPECT_GT((tiles + run - 2) / (run - 1) * slices.in * slices.out, room) << pictures;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Preset, GradientRuns,
                         testing::Values(Stage{48, 32, 32}, Stage{24, 32, 64}, Stage{24, 64, 64}, Stage{12, 64, 128},
                                         Stage{12, 128, 128}, Stage{6, 128, 192}, Stage{6, 192, 192}));

}  // namespace
}  // namespace kernels
