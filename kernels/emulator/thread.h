// What is known of each device thread, warp, block and cluster while a launch is emulated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/device/host/vectors.h"
#include "kernels/emulator/fiber.h"
#include "kernels/emulator/site.h"

namespace kernels::emulator {

struct Block;
struct Cluster;
struct Warp;
struct AsyncOp;
struct CopyEngine;
struct WarpCall;

inline constexpr unsigned kWarpThreads = 32;
inline constexpr unsigned kBarriers = 16;   // barrier 0 is __syncthreads
inline constexpr unsigned kMbarriers = 64;  // per block; more is an error that says so

enum class State : std::uint8_t { kReady, kRunning, kWaiting, kExited };

struct Thread {
  Fiber fiber;
  Stack stack;
  Block* block = nullptr;
  Warp* warp = nullptr;
  unsigned lane = 0;
  uint3 thread_idx{}, block_idx{};
  State state = State::kReady;
  const char* doing = "";  // what it waits in, for the deadlock report
  Site site;
  Thread* next = nullptr;  // in the list of those who wait for the same thing
  bool (*poll)(const void*) = nullptr;
  const void* poll_argument = nullptr;
  // asynchronous copies, oldest first, and the group that the next one belongs to
  AsyncOp* first_copy = nullptr;
  AsyncOp* last_copy = nullptr;
  AsyncOp* free_copies = nullptr;      // done
  CopyEngine* free_engines = nullptr;  // of copies that were waited for: they know nothing that this thread does not
  CopyEngine* group_engine[2] = {};    // of the open group of copies, and of stores; null before its first
  std::uint32_t copy_group = 0, store_group = 0;
  char done_sync = 0;  // their addresses are the race detector's objects
  char issue_sync = 0;
  char warp_sync = 0;  // of masks whose first lane this is
  bool cluster_arrived = false;
  std::uint32_t cluster_generation = 0;  // in which it arrived
};

struct Warp {
  Block* block = nullptr;
  std::array<Thread*, kWarpThreads> lanes{};
  std::array<WarpCall*, kWarpThreads> calls{};  // what each waiting lane wants
  std::uint32_t present = 0, exited = 0, calling = 0;
  unsigned slot = 0;        // in the scheduler
  std::uint32_t ready = 0;  // lanes that may run
};

/// Threads that wait for the rest.
struct Meeting {
  unsigned expected = 0, arrived = 0;
  std::uint32_t generation = 0;
  unsigned tally = 0, result = 0;  // of a barrier that also counts
  Thread* waiting = nullptr;
  Site site;
  std::array<char, 2> sync{};  // by the generation's parity: an early re-arrival must not order a late leaver
};

struct Mbarrier {
  const void* address = nullptr;  // null where the slot is free
  unsigned expected = 0, pending = 0;
  bool fenced = false;  // mbar_fence_init came after its init
  std::uint32_t phase = 0;
  std::int64_t bytes = 0;  // still to come in this phase
  Thread* waiting = nullptr;
  std::array<char, 2> sync{};  // by the phase's parity
};

struct Block {
  Cluster* cluster = nullptr;
  unsigned rank = 0;  // in its cluster
  uint3 index{};
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  unsigned live = 0, exited = 0;
  bool started = false;  // a thread of it has run
  std::byte* shared = nullptr;
  std::size_t shared_bytes = 0;
  std::array<Meeting, kBarriers> barriers;
  std::array<Mbarrier, kMbarriers> mbarriers;
  race::Identity reader = nullptr;  // the copy engine where it reads: knows only what a proxy fence told
  char proxy_sync = 0;              // what fence_proxy_async orders by
};

/// Blocks that are admitted, and retired, together; a block without a cluster is one of its own.
struct Cluster {
  std::vector<Block> blocks;
  unsigned live_blocks = 0;
  bool resident = false;
  bool used = false;  // holds threads of this epoch (see machine.h)
  Meeting barrier;
};

/// The device thread that is running; null outside of kernels.
extern Thread* running;

}  // namespace kernels::emulator
