// Which blocks are on the machine: the other half of Machine.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "kernels/emulator/identities.h"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/memory.h"

namespace kernels::emulator {
namespace {

// A launch that is not cooperative must not rely on more blocks at once than these.
constexpr unsigned kResidentBlocks = 8;
constexpr std::size_t kResidentThreads =
    race::kEnabled ? 1024 : 2048;  // the detector has engines for three groups each
// Guard pages: about 30,000 stacks meet the system's limit of memory mappings. The race detector runs out of its own
// memory at some 8,000 identities, and copies need some too.
constexpr std::size_t kMostThreads = race::kEnabled ? 3072 : 16384;

}  // namespace

void Machine::shuffle_order() {
  order_.resize(shape_.grid.count() / shape_.cluster);
  std::iota(order_.begin(), order_.end(), 0u);
  if (schedule_.policy == Policy::kReverse) std::reverse(order_.begin(), order_.end());
  if (schedule_.policy != Policy::kWarpPriority) return;
  for (auto i = static_cast<unsigned>(order_.size()); i > 1; --i) {
    std::swap(order_[i - 1], order_[scheduler_.random().below(i)]);
  }
}

unsigned Machine::resident_limit() const {
  const std::size_t threads = shape_.block.count() * shape_.cluster;
  if (shape_.cooperative) return static_cast<unsigned>(order_.size());
  const std::size_t by_blocks = kResidentBlocks / shape_.cluster, by_threads = kResidentThreads / threads;
  return static_cast<unsigned>(std::max<std::size_t>(1, std::min(by_blocks, by_threads)));
}

bool Machine::admit_next() {
  if (admitted_ == order_.size() || resident_ >= resident_limit()) return false;
  Cluster* cluster = free_cluster();
  if (cluster == nullptr) return false;  // the epoch's supply is used up; the last block out ends it
  admit(*cluster, order_[admitted_++]);
  ++resident_;
  return true;
}

Cluster* Machine::free_cluster() {
  for (const auto& cluster : clusters_) {
    if (!cluster->resident && !cluster->used) return cluster.get();
  }
  // A fresh one takes engines of its own; the end of the epoch gives all back.
  if (!clusters_.empty() && !shape_.cooperative && copies_.engines_run_short()) return nullptr;
  const std::size_t threads = shape_.block.count() * shape_.cluster;
  if ((clusters_.size() + 1) * threads > kMostThreads) {
    if (!clusters_.empty() && !shape_.cooperative) return nullptr;
    throw KernelFault(kernel_, "", "launch too large for the emulator",
                      "at most " + std::to_string(kMostThreads) + " threads at once, wanted " +
                          std::to_string(order_.size() * threads) + ": run the kernel with fewer blocks");
  }
  clusters_.push_back(std::make_unique<Cluster>());
  build(*clusters_.back());
  return clusters_.back().get();
}

void Machine::build(Cluster& cluster) {
  cluster.blocks = std::vector<Block>(shape_.cluster);
  const auto threads = static_cast<unsigned>(shape_.block.count());
  for (Block& block : cluster.blocks) {
    block.cluster = &cluster;
    block.threads = std::vector<Thread>(threads);
    block.warps = std::vector<Warp>((threads + kWarpThreads - 1) / kWarpThreads);
    for (Warp& warp : block.warps) warp.block = &block;
    for (unsigned i = 0; i < threads; ++i) {
      Thread& thread = block.threads[i];
      thread.block = &block;
      thread.warp = &block.warps[i / kWarpThreads];
      thread.lane = i % kWarpThreads;
      thread.warp->lanes[thread.lane] = &thread;
      thread.warp->present |= 1u << thread.lane;
      thread.thread_idx = {i % shape_.block.x, i / shape_.block.x % shape_.block.y,
                           i / (shape_.block.x * shape_.block.y)};
      thread.stack = take_stack();
    }
  }
  add_warps(cluster);
}

void Machine::add_warps(Cluster& cluster) {
  std::vector<Warp*> warps;
  for (Block& block : cluster.blocks) {
    for (Warp& warp : block.warps) warps.push_back(&warp);
  }
  if (schedule_.policy == Policy::kReverse) std::reverse(warps.begin(), warps.end());
  for (Warp* warp : warps) scheduler_.add(*warp);
}

void Machine::admit(Cluster& cluster, unsigned id) {
  cluster.resident = cluster.used = true;
  cluster.live_blocks = shape_.cluster;
  cluster.barrier = {};
  cluster.barrier.expected = static_cast<unsigned>(shape_.block.count() * shape_.cluster);
  // All memory before any thread: a block's threads may come to know its neighbours' memory.
  for (Block& block : cluster.blocks) {
    block.shared_bytes = shape_.shared_bytes;
    block.shared = take_shared(block.shared_bytes);
  }
  const unsigned across = shape_.grid.x / shape_.cluster;  // clusters along x
  for (unsigned rank = 0; rank < shape_.cluster; ++rank) {
    admit(cluster.blocks[rank], rank,
          {id % across * shape_.cluster + rank, id / across % shape_.grid.y, id / (across * shape_.grid.y)});
  }
}

void Machine::admit(Block& block, unsigned rank, const uint3& index) {
  block.rank = rank;
  block.index = index;
  block.live = static_cast<unsigned>(block.threads.size());
  block.exited = 0;
  block.started = false;
  block.barriers = {};
  block.barriers[0].expected = block.live;
  block.mbarriers = {};
  block.reader = Identities::instance().take(&start_sync_);
  for (Warp& warp : block.warps) {
    warp.calls = {};
    warp.exited = warp.calling = 0;
  }
  for (Thread& thread : block.threads) {
    thread.block_idx = index;
    thread.copy_group = thread.store_group = 0;
    thread.first_copy = thread.last_copy = nullptr;
    thread.group_engine[0] = thread.group_engine[1] = nullptr;
    thread.cluster_arrived = false;
    thread.fiber.clean();
    thread.fiber.prepare(thread.stack, &Machine::thread_main, &thread);
    thread.fiber.identity = Identities::instance().take(&start_sync_);
    scheduler_.make_ready(thread);
  }
  live_threads_ += block.threads.size();
}

void Machine::retire_finished() {
  retire_ = false;
  for (const auto& cluster : clusters_) {
    if (!cluster->resident || cluster->live_blocks > 0) continue;
    cluster->resident = false;
    --resident_;
    if constexpr (race::kEnabled) continue;  // used until the epoch ends
    for (Block& block : cluster->blocks) retire(block);
    cluster->used = false;
  }
}

void Machine::retire(Block& block) {
  give_shared(block.shared, block.shared_bytes);
  block.shared = nullptr;
}

// Everybody's last words reach the host, so that what follows is ordered after them.
void Machine::end_epoch() {
  copies_.clear();
  Identities::instance().end_epoch(/*abandoned=*/live_threads_ > 0);
  for (const auto& cluster : clusters_) {
    if (!cluster->used) continue;
    for (Block& block : cluster->blocks) {
      for (Thread& thread : block.threads) {
        thread.free_copies = nullptr;
        thread.free_engines = nullptr;
      }
      retire(block);
    }
    cluster->used = cluster->resident = false;
  }
}

void Machine::release_everything() noexcept {
  end_epoch();
  for (const auto& cluster : clusters_) {
    for (Block& block : cluster->blocks) {
      for (Thread& thread : block.threads) {
        if (thread.stack.bottom == nullptr) continue;
        thread.fiber.clean();
        give_stack(thread.stack);
      }
    }
  }
}

}  // namespace kernels::emulator
