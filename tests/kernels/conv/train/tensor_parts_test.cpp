// Weights packed for tensor cores, and parts added up.
#include <gtest/gtest.h>

#include <ostream>

#include "kernels/conv/train/parts.h"
#include "tests/kernels/conv/train/tensor_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct WindowCase {
  int in, out;
  friend void PrintTo(const WindowCase& c, std::ostream* os) { *os << c.in << " to " << c.out; }
};

class PackWindow : public DeviceCases<WindowCase> {};

/// Where the product reads the weight of a term for a channel, by the registers of dev::mma: bits of the packed words.
std::uint16_t packed_bits(const std::vector<std::uint32_t>& packed, int writes, int tap, int term, int channel) {
  // of sixteen channels, four neighbours are a lane's: columns 2 t and 2 t + 1 of the first eight, then of the second
  const int t = channel % 16 / 4, eight = channel / 2 % 2, column = 2 * t + channel % 2;
  const int lane = column * 4 + term % 8 / 2, word = eight * 2 + term / 8 % 2;
  const int at = (((term / 16 * 9 + tap) * (writes / 16) + channel / 16) * 32 + lane) * 4 + word;
  return static_cast<std::uint16_t>(packed[static_cast<std::size_t>(at)] >> (term % 2 * 16));
}

TEST_P(PackWindow, EveryWeightIsWhereALaneHoldsItAndTheRestIsZero) {
  const WindowCase& c = param();
  const std::vector<float> weight = normals(std::size_t{9} * c.in * c.out, 1, 4);
  const auto there = uploaded(stream(), weight);
  for (const bool turned : {false, true}) {
    const int terms = turned ? c.out : c.in, channels = turned ? c.in : c.out;
    const int reads = filled_up(terms), writes = filled_up(channels);
    const auto buffer = poisoned<std::uint32_t>(stream(), packed_window_words(reads, writes) + 1);
    launch_pack_window({there.data(), buffer.data(), c.in, c.out, turned}, stream());
    const std::vector<std::uint32_t> packed = buffer.to_host();
    EXPECT_EQ(packed.back(), 0xffffffffu) << "a word too many";
    for (int tap = 0; tap < 9; ++tap) {
      for (int term = 0; term < reads; ++term) {
        for (int channel = 0; channel < writes; ++channel) {
          std::uint16_t want = 0;
          if (term < terms && channel < channels) {
            const int in = turned ? channel : term, out = turned ? term : channel;
            want = to_bfloat16(weight[static_cast<std::size_t>(((turned ? 8 - tap : tap) * c.in + in) * c.out + out)])
                       .bits;
          }
          ASSERT_EQ(packed_bits(packed, writes, tap, term, channel), want)
              << (turned ? "turned, " : "") << "tap " << tap << ", term " << term << ", channel " << channel;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PackWindow,
                         testing::Combine(testing::Values(WindowCase{1, 1}, WindowCase{16, 32}, WindowCase{20, 7},
                                                          WindowCase{33, 48}),
                                          testing::ValuesIn(backends(0))));

struct PartsCase {
  int count, planes, rows, columns, held_rows, held_columns;
  friend void PrintTo(const PartsCase& c, std::ostream* os) {
    *os << c.count << " parts of " << c.planes << " x " << c.rows << " x " << c.columns;
  }
};

class AddTensorParts : public DeviceCases<PartsCase> {};

TEST_P(AddTensorParts, TheirSumIsRoundedOnce) {
  const PartsCase& c = param();
  const int held = c.planes * c.held_rows * c.held_columns;
  std::vector<float> parts = normals(static_cast<std::size_t>(c.count * held), 1, 5);
  std::vector<float> want;
  for (int i = 0; i < c.planes * c.held_rows * c.held_columns; ++i) {
    const bool there = i % c.held_columns < c.columns && i / c.held_columns % c.held_rows < c.rows;
    double sum = 0;
    for (int part = 0; part < c.count; ++part) {
      float& value = parts[static_cast<std::size_t>(part * held + i)];
      if (there) sum += static_cast<double>(value);
      if (!there) value = NAN;  // nobody reads it
    }
    if (there) want.push_back(static_cast<float>(sum));
  }
  const auto buffer = uploaded(stream(), parts);
  const auto sum = poisoned<float>(stream(), want.size() + 1);
  launch_add_parts({buffer.data(), sum.data(), c.count, c.planes, c.rows, c.columns, c.held_rows, c.held_columns},
                   stream());
  std::vector<float> got = sum.to_host();
  EXPECT_TRUE(std::isnan(got.back())) << "a sum too many";
  got.pop_back();
  // In double the parts' order is of no matter but for 2^-53 of their sizes: at most the last place of a float.
  EXPECT_TRUE(close(got, want, {.abs = c.count * 0x1p-50, .rel = 0x1p-23}));
}

// One part, as many as runs, one more and fewer; moments, whose rows are one; more sums than a block has.
INSTANTIATE_TEST_SUITE_P(All, AddTensorParts,
                         testing::Combine(testing::Values(PartsCase{1, 9, 5, 3, 16, 16}, PartsCase{8, 2, 1, 40, 1, 48},
                                                          PartsCase{9, 9, 3, 16, 16, 16}, PartsCase{3, 2, 1, 16, 1, 16},
                                                          PartsCase{100, 1, 20, 5, 32, 16}),
                                          testing::ValuesIn(backends(1))));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
