#include "kernels/emulator/barrier.h"

#include <cstdint>
#include <utility>

#include "kernels/emulator/machine.h"

namespace kernels::emulator {
namespace {

// The generation is complete: everybody who waits goes on.
void complete(Meeting& meeting) {
  char& sync = meeting.sync[meeting.generation & 1u];
  meeting.arrived = 0;
  ++meeting.generation;
  meeting.result = std::exchange(meeting.tally, 0u);
  machine->wake_all(meeting.waiting, &sync);
}

// The running thread arrives. @return whether it was the last
bool arrive(Meeting& meeting) {
  race::release(&meeting.sync[meeting.generation & 1u]);
  return ++meeting.arrived == meeting.expected;
}

void join(Meeting& meeting) {
  running->next = meeting.waiting;
  meeting.waiting = running;
}

void meet(Meeting& meeting, const char* doing, const Site& site) {
  if (!arrive(meeting)) {
    join(meeting);
    machine->wait(doing, site);
    return;
  }
  race::acquire(&meeting.sync[meeting.generation & 1u]);
  complete(meeting);
  machine->yield_now_and_then();
}

}  // namespace

unsigned block_barrier(bool counted, const char* name, const Site& site) {
  Block& block = *running->block;
  Meeting& barrier = block.barriers[0];
  if (block.exited > 0) machine->fail(site, "%s, and %u threads of the block have exited", name, block.exited);
  if (barrier.arrived == 0) {
    barrier.site = site;
  } else if (!same_site(barrier.site, site)) {
    machine->fail(site, "divergent barrier: %s here, and %u threads wait in the one at %s:%u:%u", name, barrier.arrived,
                  barrier.site.file_name(), barrier.site.line(), barrier.site.column());
  }
  barrier.tally += counted ? 1 : 0;
  meet(barrier, name, site);
  return barrier.result;
}

void named_barrier(unsigned id, unsigned count, bool waits, const Site& site) {
  Block& block = *running->block;
  if (id < 1 || id >= kBarriers) machine->fail(site, "named barrier %u: wanted 1 to %u", id, kBarriers - 1);
  const std::size_t most = block.warps.size() * kWarpThreads;
  if (count == 0 || count % kWarpThreads != 0 || count > most) {
    machine->fail(site, "named barrier %u for %u threads: wanted whole warps, at most %zu", id, count, most);
  }
  Meeting& barrier = block.barriers[id];
  if (barrier.arrived == 0) {
    barrier.expected = count;
    barrier.site = site;
  } else if (barrier.expected != count) {
    machine->fail(site, "named barrier %u for %u threads, and at %s:%u it was for %u", id, count,
                  barrier.site.file_name(), barrier.site.line(), barrier.expected);
  }
  if (waits) return meet(barrier, "named barrier", site);
  if (arrive(barrier)) complete(barrier);
  machine->yield_now_and_then();
}

void cluster_arrive(const Site& site) {
  Thread& self = *running;
  Meeting& barrier = self.block->cluster->barrier;
  if (self.cluster_arrived) machine->fail(site, "cluster_arrive twice without cluster_wait between");
  for (const Block& block : self.block->cluster->blocks) {
    if (block.exited > 0) {
      machine->fail(site, "cluster barrier, and %u threads of the cluster's block %u have exited", block.exited,
                    block.rank);
    }
  }
  if (barrier.arrived == 0) barrier.site = site;
  self.cluster_arrived = true;
  self.cluster_generation = barrier.generation;
  if (arrive(barrier)) complete(barrier);
  machine->yield_now_and_then();
}

void cluster_wait(const Site& site) {
  Thread& self = *running;
  Meeting& barrier = self.block->cluster->barrier;
  if (!self.cluster_arrived) machine->fail(site, "cluster_wait without cluster_arrive");
  self.cluster_arrived = false;
  if (barrier.generation != self.cluster_generation) {
    race::acquire(&barrier.sync[self.cluster_generation & 1u]);
    return;
  }
  join(barrier);
  machine->wait("cluster barrier", site);
}

void grid_barrier(const Site& site) {
  if (!machine->shape().cooperative) machine->fail(site, "grid_sync in a launch that is not cooperative");
  Meeting& barrier = machine->grid_barrier();
  if (barrier.arrived == 0) {
    barrier.site = site;
  } else if (!same_site(barrier.site, site)) {
    machine->fail(site, "divergent grid_sync: %u threads wait in the one at %s:%u:%u", barrier.arrived,
                  barrier.site.file_name(), barrier.site.line(), barrier.site.column());
  }
  meet(barrier, "grid_sync", site);
}

void* map_rank(const void* shared, unsigned rank, const Site& site) {
  const Block& block = *running->block;
  check_shared(shared, 1, "map_rank", site);
  if (rank >= block.cluster->blocks.size()) {
    machine->fail(site, "map_rank to block %u of a cluster of %zu", rank, block.cluster->blocks.size());
  }
  const Block& other = block.cluster->blocks[rank];
  if (other.live == 0) machine->fail(site, "map_rank to block %u of the cluster, which has exited", rank);
  if (!other.started) {
    machine->fail(site, "map_rank to block %u of the cluster, which may not have started: cluster_sync() first", rank);
  }
  return other.shared + (static_cast<const std::byte*>(shared) - block.shared);
}

void check_shared(const void* address, std::size_t bytes, const char* what, const Site& site) {
  const Block& block = *running->block;
  const auto begin = reinterpret_cast<std::uintptr_t>(block.shared), end = begin + block.shared_bytes;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (at >= begin && at <= end && bytes <= end - at) return;
  machine->fail(site, "%s: %zu bytes at %p are not in the block's %zu bytes of shared memory at %p", what, bytes,
                address, block.shared_bytes, static_cast<const void*>(block.shared));
}

void check_aligned(const void* address, std::size_t alignment, const char* what, const Site& site) {
  if (reinterpret_cast<std::uintptr_t>(address) % alignment == 0) return;
  machine->fail(site, "%s: address %p is no multiple of %zu", what, address, alignment);
}

std::byte* shared_memory(std::size_t bytes, const Site& site) {
  const Block& block = *running->block;
  if (bytes > block.shared_bytes) {
    machine->fail(site, "smem: the layout takes %zu bytes, the launch gave %zu (LaunchShape::shared_bytes)", bytes,
                  block.shared_bytes);
  }
  return block.shared;
}

}  // namespace kernels::emulator
