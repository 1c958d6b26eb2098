// The cell rung's own kernels, with blocks of few pieces and of many, for rows and sizes off the tile.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/generate/cell.h"
#include "kernels/generate/steps.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct Case {
  const char* name;
  int rows;
  NetworkCase network;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Blocks take 16 units, 8 or 64 rows, 32 terms a stage, 64 numbers of a dense layer.
#if defined(AFFETTO_TSAN)
// The race detector keeps an account of each copy under way, 3,500 at most: one block. The head has three stages.
const Case kCases[] = {{"one block", 7, {.hidden = {16, 16}, .candidates = 38, .carry = true, .dense = {68}}},
                       {"single words", 7, {.hidden = {15, 3}, .candidates = 5, .carry = true}}};
#else
const Case kCases[] = {
    {"one of each", 1, {.hidden = {1}, .candidates = 1, .carry = true}},
    {"under the tile", 7, {.hidden = {15, 3}, .candidates = 5, .carry = true}},
    {"the small tile", 8, {.hidden = {16, 32}, .candidates = 62, .carry = true}},
    {"beyond the small tile", 9, {.hidden = {33, 19}, .candidates = 63, .carry = true, .dense = {65}}},
    {"under the large tile", 63, {.hidden = {20, 24}, .carry = true, .joint = false}},
    {"beyond the large tile", 65, {.hidden = {17, 4}, .candidates = 70, .carry = true, .heads = {6}}},
};
#endif

constexpr BlockRows kBlocks[] = {BlockRows::few, BlockRows::many};

class Cell : public DeviceCases<Case> {
 public:
  /// Each third piece takes no part.
  static bool takes_part(std::size_t piece) { return piece % 3 != 1; }

  std::vector<HostPiece> pieces() const {
    std::vector<HostPiece> all;
    for (int i = 0; i < param().rows; ++i) {
      all.push_back({voice(i), random_notes(1 + i % 3, network_.candidates, 40 + static_cast<std::uint64_t>(i)),
                     takes_part(static_cast<std::size_t>(i)) ? 1 : 0});
    }
    return all;
  }

 protected:
  HostNetwork network_ = random_network(param().network);
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The pieces on the device with all notes of their primers but the last, which waits to be fed.
class Fed {
 public:
  Fed(StreamRef stream, const HostNetwork& network, const std::vector<HostPiece>& pieces)
      : on_device_(stream, network, {}, all_but_last(pieces)), stream_(stream) {
    std::vector<Progress> progress = on_device_.progress();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      on_device_.put_note(i, pieces[i].primer.size() - 1, pieces[i].primer.back());
      progress[i].consumed = static_cast<std::int64_t>(pieces[i].primer.size());
      progress[i].fresh = pieces[i].left;
    }
    on_device_.put_progress(progress);
  }

  /// h of every layer after one step.
  std::vector<std::vector<float>> step(BlockRows block_rows) {
    std::vector<DeviceBuffer<float>> after;
    const NetworkView& network = on_device_.network();
    const PiecesView pieces = on_device_.pieces();
    for (int l = 0; l < network.layer_count; ++l) {
      after.emplace_back(stream_,
                         static_cast<std::size_t>(pieces.rows) * static_cast<std::size_t>(network.layers[l].hidden));
      after.back().fill(0xff);
      const float* below = l > 0 ? after[static_cast<std::size_t>(l) - 1].data() : nullptr;
      cell_step({network, pieces, l, kFeedStep, below, pieces.h[l], after.back().data()}, block_rows, stream_);
    }
    std::vector<std::vector<float>> h;
    for (const auto& layer : after) h.push_back(layer.to_host());
    return h;
  }

 private:
  static std::vector<HostPiece> all_but_last(std::vector<HostPiece> pieces) {
    for (HostPiece& piece : pieces) piece.primer.pop_back();
    return pieces;
  }
  PiecesCase on_device_;
  StreamRef stream_;
};

TEST_P(Cell, AStepLeavesTheStateOfTheReference) {
  const std::vector<HostPiece> pieces = this->pieces();
  std::vector<std::vector<float>> results[2];
  for (const BlockRows block_rows : kBlocks) {
    results[block_rows == BlockRows::many] = Fed(stream(), network_, pieces).step(block_rows);
  }
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    EXPECT_TRUE(same_bits(results[0][l], results[1][l])) << "the tile shows, layer " << l;
    const auto hidden = static_cast<std::size_t>(network_.layers[l].hidden);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const ReferenceState want = ReferencePiece(network_, {}, pieces[i]).state();
      for (std::size_t j = 0; j < hidden; ++j) {
        const float got = results[0][l][i * hidden + j];
        if (takes_part(i)) {
          // A gate of 80 terms below 2 each errs by some sqrt(80) 2^-23 of its size, and no slope exceeds 1.
          EXPECT_NEAR(got, want.h[l][j], 1e-5) << "layer " << l << ", piece " << i << ", unit " << j;
        } else {
          EXPECT_TRUE(std::isnan(got)) << "piece " << i << " is passed over";
        }
      }
    }
  }
}

TEST_P(Cell, TheReadoutIsThatOfTheReference) {
  std::vector<HostPiece> pieces = this->pieces();
  pieces[0].primer.clear();  // its state is zero
  std::vector<float> results[2];
  for (const BlockRows block_rows : kBlocks) {
    PiecesCase on_device(stream(), network_, {}, pieces);
    for (DenseLevel level : readout_levels(on_device.network())) {
      level.pieces = on_device.pieces();
      level.state = level.pieces.h[network_.layers.size() - 1];
      dense_level(level, block_rows, stream());
    }
    results[block_rows == BlockRows::many] = on_device.readout();
  }
  EXPECT_TRUE(same_bits(results[0], results[1])) << "the tile shows";
  const auto size = static_cast<std::size_t>(network_.readout_size);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const ReferenceNote want = ReferencePiece(network_, {}, pieces[i]).next();
    for (std::size_t v = 0; v < want.logits.size(); ++v) {
      const float got = results[0][i * size + static_cast<std::size_t>(network_.logits_at) + v];
      if (takes_part(i)) {
        EXPECT_NEAR(got, want.logits[v], 1e-5 * (1 + std::fabs(want.logits[v]))) << "piece " << i << ", " << v;
      } else {
        EXPECT_TRUE(std::isnan(got)) << "piece " << i << " is passed over";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Cell, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));

TEST(ReadoutLevels, HeadsThatDoNotReadOneAnotherShareALevel) {
  NetworkView network;
  const auto add = [&](int from, int terms, int size) {
    network.readout[network.readout_count++] = {.terms = terms, .size = size, .from = from, .to = network.readout_size};
    return (network.readout_size += size) - size;
  };
  const int shared = add(DenseView::kFromState, 8, 6);
  for (const int size : {12, 1, 1}) add(add(shared, 6, 4), 4, size);
  const std::vector<DenseLevel> levels = readout_levels(network);
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[0].count, 1);
  EXPECT_EQ(levels[1].count, 3);
  EXPECT_EQ(levels[2].count, 3);
  EXPECT_EQ(levels[2].parts[0].size, 12);
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
