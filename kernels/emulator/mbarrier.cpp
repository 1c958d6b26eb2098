// Barriers in shared memory that count arrivals and bytes (PTX ISA, "mbarrier").
#include <utility>

#include "kernels/emulator/barrier.h"
#include "kernels/emulator/copies.h"
#include "kernels/emulator/machine.h"

namespace kernels::emulator {
namespace {

constexpr unsigned kMostArrivals = (1u << 20) - 1;  // by the PTX ISA

// The block of the running cluster that holds the barrier: its own, or another whose address map_rank gave.
Block& block_of(const std::uint64_t* barrier, const char* what, const Site& site) {
  check_aligned(barrier, 8, what, site);
  const auto at = reinterpret_cast<std::uintptr_t>(barrier);
  for (Block& block : running->block->cluster->blocks) {
    const auto begin = reinterpret_cast<std::uintptr_t>(block.shared);
    if (at < begin || at + 8 > begin + block.shared_bytes) continue;
    if (block.live == 0) machine->fail(site, "%s: the barrier's block %u has exited", what, block.rank);
    return block;
  }
  machine->fail(site, "%s: the barrier at %p is in no shared memory of the cluster", what,
                static_cast<const void*>(barrier));
}

Mbarrier* find(Block& block, const void* address) {
  for (Mbarrier& barrier : block.mbarriers) {
    if (barrier.address == address) return &barrier;
  }
  return nullptr;
}

Mbarrier& known(const std::uint64_t* address, const char* what, const Site& site) {
  Mbarrier* barrier = find(block_of(address, what, site), address);
  if (barrier == nullptr) machine->fail(site, "%s: the barrier was never initialised", what);
  return *barrier;
}

void finish_phase(Mbarrier& barrier) {
  if (barrier.pending > 0 || barrier.bytes != 0) return;
  char& sync = barrier.sync[barrier.phase & 1u];
  ++barrier.phase;
  barrier.pending = barrier.expected;
  machine->wake_all(barrier.waiting, &sync);
}

void arrive(Mbarrier& barrier, const Site& site) {
  if (barrier.pending == 0) {
    machine->fail(site, "mbarrier arrive: one too many, all %u of this phase have arrived", barrier.expected);
  }
  race::release(&barrier.sync[barrier.phase & 1u]);
  --barrier.pending;
  finish_phase(barrier);
  machine->yield_now_and_then();
}

}  // namespace

Mbarrier& mbarrier_for_copy(const std::uint64_t* address, const char* what, const Site& site) {
  Mbarrier& barrier = known(address, what, site);
  if (!barrier.fenced) machine->fail(site, "%s: no mbar_fence_init after the barrier's init", what);
  return barrier;
}

void mbarrier_fence_init() {
  for (Mbarrier& barrier : running->block->mbarriers) barrier.fenced = barrier.address != nullptr;
}

void complete_bytes(Mbarrier& barrier, unsigned bytes) {
  race::release(&barrier.sync[barrier.phase & 1u]);
  barrier.bytes -= bytes;
  finish_phase(barrier);
}

void mbarrier_init(const std::uint64_t* address, unsigned count, const Site& site) {
  Block& block = block_of(address, "mbarrier init", site);
  if (&block != running->block) machine->fail(site, "mbarrier init: the barrier is in another block");
  if (count == 0 || count > kMostArrivals) {
    machine->fail(site, "mbarrier init: count %u: wanted 1 to %u", count, kMostArrivals);
  }
  if (find(block, address) != nullptr) machine->fail(site, "mbarrier init: the barrier is initialised already");
  Mbarrier* barrier = find(block, nullptr);
  if (barrier == nullptr) machine->fail(site, "mbarrier init: more than %u in one block", kMbarriers);
  *barrier = {};
  barrier->address = address;
  barrier->expected = barrier->pending = count;
}

void mbarrier_invalidate(const std::uint64_t* address, const Site& site) {
  Mbarrier& barrier = known(address, "mbarrier invalidate", site);
  if (barrier.waiting != nullptr) machine->fail(site, "mbarrier invalidate: threads wait in it");
  barrier.address = nullptr;
}

void mbarrier_arrive(const std::uint64_t* address, const Site& site) {
  const Block& block = block_of(address, "mbarrier arrive", site);
  Mbarrier& barrier = known(address, "mbarrier arrive", site);
  if (&block != running->block && !barrier.fenced) {
    machine->fail(site, "mbarrier arrive from another block: no mbar_fence_init after its init");
  }
  arrive(barrier, site);
}

void mbarrier_arrive_expect(const std::uint64_t* address, unsigned bytes, const Site& site) {
  Mbarrier& barrier = known(address, "mbarrier arrive_expect", site);
  barrier.bytes += bytes;
  arrive(barrier, site);
}

void mbarrier_wait(const std::uint64_t* address, unsigned parity, const Site& site) {
  Block& block = block_of(address, "mbarrier wait", site);
  if (&block != running->block) machine->fail(site, "mbarrier wait: the barrier is in another block");
  Mbarrier& barrier = known(address, "mbarrier wait", site);
  if (parity > 1) machine->fail(site, "mbarrier wait: parity %u: wanted 0 or 1", parity);
  machine->yield_now_and_then();
  if ((barrier.phase & 1u) != parity) {
    race::acquire(&barrier.sync[parity]);
    return;
  }
  running->next = std::exchange(barrier.waiting, running);
  machine->wait("mbarrier wait", site);
}

}  // namespace kernels::emulator
