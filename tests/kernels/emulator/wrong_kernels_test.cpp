// What a kernel must not do, and how the emulator says so: each check is seen to fire.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/virtual_device.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/device.h"
#include "tests/kernels/device/backend.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr unsigned kFull = 0xffffffffu;

struct Layout {
  alignas(16) int words[64];
  std::uint64_t bar, other_bar;
};

struct Wrong {
  const char* name;
  void (*kernel)(int*);
  LaunchShape shape;
  const char* says;  // part of the message, under every schedule
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

// Barriers of a block.
void two_barriers_in_one_line(int*) {
  // clang-format off
  if (threadIdx.x < 32) { __syncthreads(); } else { __syncthreads(); }
  // clang-format on
}
void barrier_and_exit(int*) {
  if (threadIdx.x != 5) __syncthreads();
}
void named_barrier_zero(int*) { dev::bar_sync(0, 64); }
void named_barrier_of_half_a_warp(int*) { dev::bar_sync(1, 48); }
void named_barrier_of_too_many(int*) { dev::bar_sync(1, 96); }
void named_barrier_of_two_opinions(int*) {
  if (threadIdx.x < 32) {
    dev::bar_sync(1, 64);
  } else if (threadIdx.x < 64) {
    dev::bar_sync(1, 96);
  }
}

// Warps.
void lane_outside_its_mask(int*) { __syncwarp(0x7fffffffu); }
void mask_with_lanes_that_are_not(int*) { __syncwarp(kFull); }
void mask_with_lanes_that_have_exited(int*) {
  if (threadIdx.x >= 16) return;
  __syncwarp(0xffffu);
  if (threadIdx.x == 0) __syncwarp(0x00010001u);
}
void exit_under_a_mask(int*) {
  if (threadIdx.x != 31) __syncwarp();
}
void overlapping_masks(int*) {
  if (threadIdx.x < 16) {
    __ballot_sync(0x0000ffffu | 1u << 31, 1);
  } else {
    __ballot_sync(0xffff0000u, 1);
  }
}
void two_operations_under_one_mask(int*) {
  if (threadIdx.x < 16) {
    __any_sync(kFull, 1);
  } else {
    __all_sync(kFull, 1);
  }
}
void two_places_under_one_mask(int*) {
  if (threadIdx.x < 16) {
    __any_sync(kFull, 1);
  } else {
    __any_sync(kFull, 1);
  }
}
void shuffle_from_outside_the_mask(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0xffffu, 1, 20);
}
void shuffle_of_odd_width(int* out) { out[threadIdx.x] = __shfl_sync(kFull, 1, 0, 12); }

// Shared memory and fragments.
void layout_larger_than_asked_for(int* out) { out[0] = dev::smem<std::array<int, 500>>()[0]; }
void ldmatrix_misaligned(int*) {
  std::uint32_t d[1];
  dev::ldmatrix(d, &dev::smem<Layout>().words[1]);
}
void ldmatrix_of_global_memory(int* out) {
  std::uint32_t d[1];
  dev::ldmatrix(d, out);
}

// Copies.
void cp_async_misaligned(int* out) { dev::cp_async<16>(&dev::smem<Layout>().words[1], out); }
void cp_async_from_misaligned(int* out) { dev::cp_async<16>(&dev::smem<Layout>().words[0], out + 1); }
void cp_async_beyond_shared(int* out) { dev::cp_async<4>(&dev::smem<Layout>() + 1, out); }
void cp_async_of_more_than_it_has(int* out) { dev::cp_async<4>(&dev::smem<Layout>(), out, 8); }
void bulk_of_odd_bytes(int* out) { dev::bulk_store(out, &dev::smem<Layout>(), 24); }
void bulk_misaligned(int* out) { dev::bulk_store(out + 1, &dev::smem<Layout>(), 16); }
void bulk_beyond_shared(int* out) { dev::bulk_store(out, &dev::smem<Layout>().bar, 32); }
void bulk_load_without_init(int* out) { dev::bulk_load(&dev::smem<Layout>(), out, 16, &dev::smem<Layout>().bar); }
void bulk_load_without_fence(int* out) {
  Layout& s = dev::smem<Layout>();
  dev::mbar_init(&s.bar, 1);
  dev::bulk_load(&s, out, 16, &s.bar);
}
void exit_with_a_load_in_flight(int* out) {
  Layout& s = dev::smem<Layout>();
  dev::mbar_init(&s.bar, 1);
  dev::mbar_fence_init();
  dev::bulk_load(&s, out, 16, &s.bar);
}

// mbarriers.
void mbarrier_without_init(int*) { dev::mbar_arrive(&dev::smem<Layout>().bar); }
void mbarrier_init_twice(int*) {
  dev::mbar_init(&dev::smem<Layout>().bar, 1);
  dev::mbar_init(&dev::smem<Layout>().bar, 1);
}
void mbarrier_of_nobody(int*) { dev::mbar_init(&dev::smem<Layout>().bar, 0); }
void mbarrier_in_global_memory(int* out) { dev::mbar_init(reinterpret_cast<std::uint64_t*>(out), 1); }
void mbarrier_misaligned(int*) { dev::mbar_init(reinterpret_cast<std::uint64_t*>(&dev::smem<Layout>().words[1]), 1); }
void mbarrier_third_parity(int*) {
  dev::mbar_init(&dev::smem<Layout>().bar, 1);
  dev::mbar_wait(&dev::smem<Layout>().bar, 2);
}
void mbarrier_one_arrival_too_many(int*) {
  Layout& s = dev::smem<Layout>();
  dev::mbar_init(&s.bar, 1);
  dev::mbar_arrive_expect(&s.bar, 16);  // the phase waits for bytes
  dev::mbar_arrive(&s.bar);
}
void mbarrier_that_others_wait_in(int*) {
  Layout& s = dev::smem<Layout>();
  if (threadIdx.x == 0) dev::mbar_init(&s.bar, 1);
  __syncthreads();
  if (threadIdx.x == 1) dev::mbar_wait(&s.bar, 0);
  dev::bar_sync(1, 32 * (blockDim.x / 32));
  static_cast<void>(s);
}
void mbarrier_remote_without_fence(int*) {
  Layout& s = dev::smem<Layout>();
  if (threadIdx.x == 0) dev::mbar_init(&s.bar, 1);
  dev::cluster_sync();
  if (threadIdx.x == 0) dev::mbar_arrive_remote(&s.bar, 1 - dev::cluster_rank());
  dev::cluster_sync();
}
void store_async_without_fence(int*) {
  Layout& s = dev::smem<Layout>();
  if (threadIdx.x == 0) dev::mbar_init(&s.bar, 1);
  dev::cluster_sync();
  if (threadIdx.x == 0) dev::store_async(&s.words[0], 1, &s.bar, 1 - dev::cluster_rank());
  dev::cluster_sync();
}
void store_async_misaligned(int*) {
  Layout& s = dev::smem<Layout>();
  dev::store_async(reinterpret_cast<int2*>(&s.words[1]), make_int2(1, 2), &s.bar, 0);
}
void store_async_into_global_memory(int* out) { dev::store_async(out, 1, &dev::smem<Layout>().bar, 0); }
/// The other block does not wait for what is written into it.
void exit_with_a_store_in_flight(int*) {
  Layout& s = dev::smem<Layout>();
  if (threadIdx.x == 0) {
    dev::mbar_init(&s.bar, 1);
    dev::mbar_fence_init();
  }
  dev::cluster_sync();
  if (dev::cluster_rank() == 0 && threadIdx.x == 0) dev::store_async(&s.words[0], 1, &s.bar, 1);
  dev::cluster_sync();
}

// Clusters and grids.
void cluster_arrive_twice(int*) {
  dev::cluster_arrive();
  dev::cluster_arrive();
}
void cluster_wait_alone(int*) { dev::cluster_wait(); }
void cluster_barrier_and_exit(int*) {
  if (dev::cluster_rank() == 0) dev::cluster_sync();
}
void map_rank_too_high(int*) { dev::map_rank(&dev::smem<Layout>(), 2); }
void map_rank_of_global_memory(int* out) { dev::map_rank(out, 1); }
void map_rank_before_the_start(int*) { dev::map_rank(&dev::smem<Layout>(), 1 - dev::cluster_rank()); }
void map_rank_after_the_end(int*) {
  dev::cluster_sync();
  if (dev::cluster_rank() == 1) return;
  for (int i = 0; i < 1000; ++i) {
    __syncthreads();  // the other block leaves meanwhile
    dev::map_rank(&dev::smem<Layout>(), 1);
  }
}
void grid_sync_of_an_ordinary_launch(int*) { dev::grid_sync(); }

void trap(int*) { dev::trap(Watchdog{}, 77); }
void throws(int*) { throw std::runtime_error("from inside"); }

constexpr LaunchShape kWarp{.block = 32, .shared_bytes = sizeof(Layout)};
constexpr LaunchShape kOne{.block = 1, .shared_bytes = sizeof(Layout)};
constexpr LaunchShape kTwoWarps{.block = 64, .shared_bytes = sizeof(Layout)};
constexpr LaunchShape kPair{.grid = 2, .block = 32, .cluster = 2, .shared_bytes = sizeof(Layout)};

const std::vector<Wrong> kWrong = {
    {"two barriers in one line", two_barriers_in_one_line, kTwoWarps, "divergent barrier"},
    {"barrier and exit", barrier_and_exit, kWarp, "exited"},
    {"named barrier 0", named_barrier_zero, kTwoWarps, "wanted 1 to 15"},
    {"named barrier of half a warp", named_barrier_of_half_a_warp, kTwoWarps, "wanted whole warps"},
    {"named barrier of too many", named_barrier_of_too_many, kTwoWarps, "at most 64"},
    {"named barrier of two opinions", named_barrier_of_two_opinions, {.block = 96}, "it was for"},
    {"lane outside its mask", lane_outside_its_mask, kWarp, "which is without it"},
    {"mask with lanes that are not", mask_with_lanes_that_are_not, {.block = 40}, "that the block does not have"},
    {"mask with lanes that have exited", mask_with_lanes_that_have_exited, kWarp, "exited"},
    {"exit under a mask", exit_under_a_mask, kWarp, "exited"},
    {"overlapping masks", overlapping_masks, kWarp, "waits in __ballot_sync"},
    {"two operations under one mask", two_operations_under_one_mask, kWarp, "of the same mask waits in"},
    {"two places under one mask", two_places_under_one_mask, kWarp, "of the same mask waits in"},
    {"shuffle from outside the mask", shuffle_from_outside_the_mask, kWarp, "not in mask 0x0000ffff"},
    {"shuffle of odd width", shuffle_of_odd_width, kWarp, "width 12"},
    {"layout larger than asked for", layout_larger_than_asked_for, kOne, "shared_bytes"},
    {"ldmatrix misaligned", ldmatrix_misaligned, kWarp, "no multiple of 16"},
    {"ldmatrix of global memory", ldmatrix_of_global_memory, kWarp, "shared memory"},
    {"cp_async misaligned", cp_async_misaligned, kOne, "no multiple of 16"},
    {"cp_async from misaligned", cp_async_from_misaligned, kOne, "no multiple of 16"},
    {"cp_async beyond shared", cp_async_beyond_shared, kOne, "shared memory"},
    {"cp_async of more than it has", cp_async_of_more_than_it_has, kOne, "8 valid of 4"},
    {"bulk of odd bytes", bulk_of_odd_bytes, kOne, "wanted a multiple of 16"},
    {"bulk misaligned", bulk_misaligned, kOne, "no multiple of 16"},
    {"bulk beyond shared", bulk_beyond_shared, kOne, "shared memory"},
    {"bulk load without init", bulk_load_without_init, kOne, "never initialised"},
    {"bulk load without fence", bulk_load_without_fence, kOne, "mbar_fence_init"},
    {"mbarrier without init", mbarrier_without_init, kOne, "never initialised"},
    {"mbarrier init twice", mbarrier_init_twice, kOne, "initialised already"},
    {"mbarrier of nobody", mbarrier_of_nobody, kOne, "wanted 1 to"},
    {"mbarrier in global memory", mbarrier_in_global_memory, kOne, "no shared memory of the cluster"},
    {"mbarrier misaligned", mbarrier_misaligned, kOne, "no multiple of 8"},
    {"mbarrier third parity", mbarrier_third_parity, kOne, "wanted 0 or 1"},
    {"mbarrier one arrival too many", mbarrier_one_arrival_too_many, kOne, "one too many"},
    {"mbarrier remote without fence", mbarrier_remote_without_fence, kPair, "mbar_fence_init"},
    {"store_async without fence", store_async_without_fence, kPair, "mbar_fence_init"},
    {"store_async misaligned", store_async_misaligned, kOne, "no multiple of 8"},
    {"store_async into global memory", store_async_into_global_memory, kOne, "shared memory"},
    {"a wait that nobody ends", mbarrier_that_others_wait_in, kTwoWarps, "1 threads in mbarrier wait at"},
    {"cluster arrive twice", cluster_arrive_twice, kPair, "cluster_arrive twice"},
    {"cluster wait alone", cluster_wait_alone, kPair, "without cluster_arrive"},
    {"cluster barrier and exit", cluster_barrier_and_exit, kPair, "exited"},
    {"map_rank too high", map_rank_too_high, kPair, "block 2 of a cluster of 2"},
    {"map_rank of global memory", map_rank_of_global_memory, kPair, "shared memory"},
    {"map_rank before the start", map_rank_before_the_start, kPair, "cluster_sync() first"},
    {"map_rank after the end", map_rank_after_the_end, kPair, "has exited"},
    {"grid_sync of an ordinary launch", grid_sync_of_an_ordinary_launch, kWarp, "not cooperative"},
    {"trap", trap, kOne, "(code 77)"},
    {"throws", throws, kOne, "the kernel threw: from inside"},
};

void expect_part(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\n  has no \"" << part << '"';
}

/// The message of the fault; empty where there is none.
std::string fault_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const emulator::KernelFault& fault) {
    return fault.what();
  }
  return "";
}

class WrongKernel : public DeviceCases<Wrong> {};

TEST_P(WrongKernel, IsFoundAndTheScheduleIsTold) {
  const Wrong& wrong = param();
  DeviceBuffer<int> out(stream(), 64);
  launch("wrong", wrong.kernel, wrong.shape, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  expect_part(text, wrong.says);
  expect_part(text, "wrong: ");
  if (std::string(wrong.says).find("threads in ") == std::string::npos) {
    EXPECT_EQ(text.find("deadlock"), std::string::npos) << "not found where it is, but by its consequences: " << text;
  }
  expect_part(text, "AFFETTO_EMULATOR_SCHEDULE=" + to_string(std::get<1>(GetParam()).schedule));
}

INSTANTIATE_TEST_SUITE_P(All, WrongKernel, testing::Combine(testing::ValuesIn(kWrong), testing::ValuesIn(backends(3))));

class EmulatedLaunch : public DeviceTest {};

INSTANTIATE_TEST_SUITE_P(All, EmulatedLaunch, testing::ValuesIn(backends(3)));

void fine(int* out) {
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = static_cast<int>(threadIdx.x);
}

TEST_P(EmulatedLaunch, AFaultIsOverWhenItIsThrown) {
  DeviceBuffer<int> out(stream(), 64);
  launch("wrong", two_barriers_in_one_line, kTwoWarps, stream(), out.data());
  EXPECT_THROW(stream().synchronize(), emulator::KernelFault);
  stream().synchronize();
  launch("fine", fine, kTwoWarps, stream(), out.data());
  EXPECT_EQ(out.to_host()[63], 63);
}

TEST_P(EmulatedLaunch, TheMessageNamesThePlaceAndTheThread) {
  DeviceBuffer<int> out(stream(), 64);
  launch("wrong", lane_outside_its_mask, kWarp, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  expect_part(text, "wrong_kernels_test.cpp:");
  expect_part(text, "thread (31,0,0) of block (0,0,0): ");
}

void half_waits_for_a_phase(int*) {
  Layout& s = dev::smem<Layout>();
  if (threadIdx.x == 0) dev::mbar_init(&s.bar, 64);
  __syncthreads();
  if (threadIdx.x < 32) {
    dev::mbar_arrive(&s.bar);
    dev::mbar_wait(&s.bar, 0);
  } else if (threadIdx.x < 48) {
    dev::bar_sync(2, 32);
  }
}

TEST_P(EmulatedLaunch, ADeadlockCountsWhoWaitsWhere) {
  DeviceBuffer<int> out(stream(), 64);
  launch("stuck", half_waits_for_a_phase, kTwoWarps, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  expect_part(text, "deadlock");
  expect_part(text, "32 threads in mbarrier wait at ");
  expect_part(text, "16 threads in named barrier at ");
  expect_part(text, "16 exited");
}

TEST_P(EmulatedLaunch, ALoadThatIsNotWaitedForMustNotOutliveItsBlock) {
  DeviceBuffer<int> out(stream(), 64);
  launch("wrong", exit_with_a_load_in_flight, kOne, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  const emulator::Async async = GetParam().schedule.async;
  if (async == emulator::Async::kLate) expect_part(text, "while this bulk_load is in flight");
  if (async == emulator::Async::kEarly) {
    EXPECT_EQ(text, "") << "it happened to be done";
  }
}

TEST_P(EmulatedLaunch, AStoreThatIsNotWaitedForMustNotOutliveTheBlockItGoesTo) {
  DeviceBuffer<int> out(stream(), 64);
  launch("wrong", exit_with_a_store_in_flight, kPair, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  const emulator::Async async = GetParam().schedule.async;
  if (async == emulator::Async::kLate) expect_part(text, "while this store_async into it is in flight");
  if (async == emulator::Async::kEarly) {
    EXPECT_EQ(text, "") << "it happened to be done";
  }
}

void trap_with_mailbox(Watchdog watchdog) {
  if (threadIdx.x == 3) dev::trap(watchdog, 41);
}

TEST_P(EmulatedLaunch, ATrapLeavesItsCode) {
  PinnedBuffer<std::uint32_t> mailbox(1);
  mailbox[0] = 0;
  launch("trap", trap_with_mailbox, kWarp, stream(), Watchdog{.mailbox = mailbox.data()});
  EXPECT_THROW(stream().synchronize(), emulator::KernelFault);
  EXPECT_EQ(mailbox[0], 41u);
}

#if !defined(AFFETTO_ASAN) && !defined(AFFETTO_TSAN)  // which see the access itself
void reads_a_block_that_left(unsigned* out) {
  Layout& s = dev::smem<Layout>();
  s.words[threadIdx.x] = 7;
  dev::cluster_sync();
  const int* theirs = dev::map_rank(s.words, 1);
  dev::cluster_sync();
  if (dev::cluster_rank() == 1) return;  // a last cluster_sync() is missing
  for (int i = 0; i < 1000; ++i) __syncthreads();
  out[threadIdx.x] = static_cast<unsigned>(theirs[threadIdx.x]);
}

TEST_P(EmulatedLaunch, WhatABlockLeavesBehindIsPoison) {
  DeviceBuffer<unsigned> out(stream(), 32);
  launch("left", reads_a_block_that_left, kPair, stream(), out.data());
  EXPECT_EQ(out.to_host(), std::vector<unsigned>(32, kFull));
}
#endif

#if !defined(AFFETTO_ASAN)  // which sees the access itself, and ends the program
void writes_behind(int* out) { out[64 + threadIdx.x] = 1; }

TEST_P(EmulatedLaunch, AWriteBehindABufferIsFound) {
  DeviceBuffer<int> out(stream(), 64);
  launch("behind", writes_behind, kWarp, stream(), out.data());
  const std::string text = fault_of([&] { stream().synchronize(); });
  expect_part(text, "behind: write out of bounds");
  expect_part(text, "behind a device allocation of 256 bytes");
}
#endif

void sees_poison(unsigned* out) {
  Layout& s = dev::smem<Layout>();
  out[blockIdx.x * 32 + threadIdx.x] = static_cast<unsigned>(s.words[threadIdx.x]);
  s.words[threadIdx.x] = 0;
}

TEST_P(EmulatedLaunch, SharedMemoryAndNewBuffersHoldPoison) {
  DeviceBuffer<unsigned> out(stream(), 20 * 32), fresh(stream(), 32);
  for (int round = 0; round < 2; ++round) {
    launch("poison", sees_poison, {.grid = 20, .block = 32, .shared_bytes = sizeof(Layout)}, stream(), out.data());
    EXPECT_EQ(out.to_host(), std::vector<unsigned>(20 * 32, kFull));
  }
  EXPECT_EQ(fresh.to_host(), std::vector<unsigned>(32, kFull));
}

TEST_P(EmulatedLaunch, SizesThatNoGpuTakesAreRefused) {
  DeviceBuffer<int> out(stream(), 64);
  const auto refused = [&](const LaunchShape& shape) {
    EXPECT_THROW(launch("fine", fine, shape, stream(), out.data()), CudaError);
  };
  refused({.grid = 0, .block = 32});
  refused({.block = {32, 33}});
  refused({.block = 32, .shared_bytes = kSharedLimit + 1});
  refused({.grid = 6, .block = 32, .cluster = 4});
  refused({.grid = 32, .block = 32, .cluster = 32});
}

TEST_P(EmulatedLaunch, SizesThatAnOlderGpuDoesNotTakeAreRefusedWhereItIsPlayed) {
  DeviceBuffer<int> out(stream(), 64);
  const auto run = [&](const LaunchShape& shape) { launch("fine", fine, shape, stream(), out.data()); };
  for (const char* name : {"sm_80", "sm_86", "sm_89"}) {
    const emulator::DeviceScope scope(emulator::parse_device(name));
    const DeviceState state = device_state();
    EXPECT_EQ("sm_" + std::to_string(state.info.code_capability), name);
    EXPECT_EQ(state.info.shared_bytes < kSharedLimit && state.info.shared_bytes >= kPortableShared, true);
    EXPECT_THROW(run({.grid = 2, .block = 32, .cluster = 2}), CudaError);
    EXPECT_THROW(run({.block = 32, .shared_bytes = state.info.shared_bytes + 1}), CudaError);
    EXPECT_NO_THROW(run({.block = 32, .shared_bytes = state.info.shared_bytes}));
    stream().synchronize();
  }
  EXPECT_EQ(device_state().info.code_capability, 90);
  EXPECT_NO_THROW(run({.grid = 2, .block = 32, .cluster = 2}));
  stream().synchronize();
  EXPECT_THROW(emulator::parse_device("sm_70"), std::invalid_argument);
}

TEST_P(EmulatedLaunch, ACooperativeGridLargerThanTheEmulatorIsRefusedWhenItRuns) {
  DeviceBuffer<int> out(stream(), 1024);
  launch("fine", fine, {.grid = 64, .block = 1024, .cooperative = true}, stream(), out.data());
  expect_part(fault_of([&] { stream().synchronize(); }), "too large for the emulator");
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
