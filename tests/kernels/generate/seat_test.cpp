// Seating: a piece's whole window and state arrive in its slot, and no other slot is touched.
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/generate/seat.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/ops/on_device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// More of everything than a block has threads, and no multiple of them.
constexpr int kWindow = 130, kSlots = 4, kLayers = 2, kHidden[kLayers] = {300, 129};

float number(int what, int piece, int i) { return static_cast<float>(1'000'000 * what + 10'000 * piece + i); }

std::vector<float> state_of(int what, int piece, int hidden) {
  std::vector<float> state;
  for (int i = 0; i < hidden; ++i) state.push_back(number(what, piece, i));
  return state;
}
std::vector<Played> window_of(int piece) {
  std::vector<Played> window;
  for (int i = 0; i < kWindow; ++i) window.push_back({number(8, piece, i), number(9, piece, i), i});
  return window;
}

/// Slots of a network of two layers, and starts of pieces, all in device memory.
class Seating : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    windows_ = poisoned<Played>(stream(), kSlots * kWindow);
    for (int l = 0; l < kLayers; ++l) {
      h_[l] = poisoned<float>(stream(), static_cast<std::size_t>(kSlots * kHidden[l]));
      c_[l] = poisoned<float>(stream(), static_cast<std::size_t>(kSlots * kHidden[l]));
    }
  }

  /// Piece p, with numbers of its own, takes slots[p].
  void sit(const std::vector<int>& slots, bool carry) {
    SeatOp op{.count = static_cast<int>(slots.size())};
    op.network.layer_count = kLayers;
    op.network.window = kWindow;
    op.network.carry = carry;
    op.pieces.window = windows_.data();
    std::vector<Seat> seats;
    for (int p = 0; p < op.count; ++p) {
      Seat seat{.slot = slots[static_cast<std::size_t>(p)], .window = kept(notes_, window_of(p))};
      for (int l = 0; l < kLayers; ++l) {
        op.network.layers[l].hidden = kHidden[l];
        op.pieces.h[l] = h_[l].data();
        op.pieces.c[l] = c_[l].data();
        seat.h[l] = kept(numbers_, state_of(2 * l, p, kHidden[l]));
        seat.c[l] = kept(numbers_, state_of(2 * l + 1, p, kHidden[l]));
      }
      seats.push_back(seat);
    }
    const DeviceBuffer<Seat> there = uploaded(stream(), seats);
    op.seats = there.data();
    seat(op, stream());
    stream().synchronize();
  }

  /// What a slot shall hold of an array with so many values a slot: `want`, or poison where it is empty.
  template <class T>
  static void expect_slot(const DeviceBuffer<T>& array, int slot, const std::vector<T>& want) {
    const std::size_t each = array.size() / kSlots;
    const std::vector<T> all = array.to_host();
    std::vector<T> expected = want;
    if (want.empty()) {
      expected.resize(each);
      std::memset(static_cast<void*>(expected.data()), 0xff, each * sizeof(T));
    }
    ASSERT_EQ(expected.size(), each);
    EXPECT_EQ(std::memcmp(&all[static_cast<std::size_t>(slot) * each], expected.data(), each * sizeof(T)), 0)
        << "slot " << slot;
  }

  DeviceBuffer<Played> windows_;
  DeviceBuffer<float> h_[kLayers], c_[kLayers];

 private:
  template <class T>
  const T* kept(std::vector<DeviceBuffer<T>>& where, const std::vector<T>& values) {
    where.push_back(uploaded(stream(), values));
    return where.back().data();
  }
  std::vector<DeviceBuffer<Played>> notes_;
  std::vector<DeviceBuffer<float>> numbers_;
};

TEST_P(Seating, BringsWindowAndStateToTheSlotsNamedAndNoOther) {
  sit({2, 0}, true);
  for (const auto& [slot, piece] : {std::pair{2, 0}, {0, 1}, {1, -1}, {3, -1}}) {
    const bool taken = piece >= 0;
    expect_slot(windows_, slot, taken ? window_of(piece) : std::vector<Played>());
    for (int l = 0; l < kLayers; ++l) {
      expect_slot(h_[l], slot, taken ? state_of(2 * l, piece, kHidden[l]) : std::vector<float>());
      expect_slot(c_[l], slot, taken ? state_of(2 * l + 1, piece, kHidden[l]) : std::vector<float>());
    }
  }
}

TEST_P(Seating, BringsNoStateWhereNoneIsCarried) {
  sit({1}, false);
  expect_slot(windows_, 1, window_of(0));
  for (int l = 0; l < kLayers; ++l) {
    expect_slot(h_[l], 1, {});
    expect_slot(c_[l], 1, {});
  }
}

TEST_P(Seating, OfNobodyIsRefused) { EXPECT_THROW(seat({.count = 0}, stream()), std::invalid_argument); }

INSTANTIATE_TEST_SUITE_P(All, Seating, testing::ValuesIn(backends(2)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
