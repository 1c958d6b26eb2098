// Barriers of a block, a cluster and the grid.
#pragma once

#include "kernels/emulator/thread.h"

namespace kernels::emulator {

/// __syncthreads: all threads of the block, none exited, all at one place.
/// @return how many of them brought `counted` (for __syncthreads_count and its kin)
unsigned block_barrier(bool counted, const char* name, const Site& site);
/// bar.sync or bar.arrive on barrier 1 to 15 for `count` threads, a multiple of 32.
void named_barrier(unsigned id, unsigned count, bool waits, const Site& site);

void cluster_arrive(const Site& site);
void cluster_wait(const Site& site);
/// All threads of a cooperative launch.
void grid_barrier(const Site& site);

/// The same offset in the shared memory of another block of the cluster.
void* map_rank(const void* shared, unsigned rank, const Site& site);
/// Fails unless [address, address + bytes) lies in the running block's shared memory; `what` is told.
void check_shared(const void* address, std::size_t bytes, const char* what, const Site& site);
/// Fails unless address is a multiple of `alignment`.
void check_aligned(const void* address, std::size_t alignment, const char* what, const Site& site);
/// The running block's shared memory for a layout of so many bytes.
std::byte* shared_memory(std::size_t bytes, const Site& site);

}  // namespace kernels::emulator
