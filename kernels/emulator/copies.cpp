#include "kernels/emulator/copies.h"

#include <cstring>

#include "kernels/emulator/barrier.h"
#include "kernels/emulator/machine.h"

namespace kernels::emulator {
namespace {

void check_bulk(const void* global, const void* shared, unsigned bytes, const char* what, const Site& site) {
  if (bytes == 0 || bytes % 16 != 0) machine->fail(site, "%s: %u bytes: wanted a multiple of 16", what, bytes);
  check_aligned(global, 16, what, site);
  check_aligned(shared, 16, what, site);
  check_shared(shared, bytes, what, site);
}

}  // namespace

void copy_element(void* shared, const void* global, unsigned bytes, unsigned valid, const Site& site) {
  check_aligned(shared, bytes, "cp_async to", site);
  if (valid > bytes) machine->fail(site, "cp_async: %u valid of %u bytes", valid, bytes);
  if (valid > 0) check_aligned(global, bytes, "cp_async from", site);
  check_shared(shared, bytes, "cp_async", site);
  AsyncOp op;
  op.kind = CopyKind::kElement;
  op.issuer = running;
  op.to = static_cast<std::byte*>(shared);
  op.from = static_cast<const std::byte*>(global);
  op.bytes = bytes;
  op.valid = valid;
  op.site = site;
  op.pc = __builtin_return_address(0);  // the kernel, by way of inline wrappers
  machine->copies().issue(op);
}

void copy_element_commit() { machine->copies().commit(CopyKind::kElement); }
void copy_element_wait(unsigned keep) { machine->copies().wait_groups(CopyKind::kElement, keep); }

void bulk_load(void* shared, const void* global, unsigned bytes, const std::uint64_t* barrier, const Site& site) {
  check_bulk(global, shared, bytes, "bulk_load", site);
  AsyncOp op;
  op.kind = CopyKind::kBulkLoad;
  op.issuer = running;
  op.to = static_cast<std::byte*>(shared);
  op.from = static_cast<const std::byte*>(global);
  op.bytes = op.valid = bytes;
  op.counted_by = &mbarrier_for_copy(barrier, "bulk_load", site);
  op.into = running->block;
  op.site = site;
  op.pc = __builtin_return_address(0);  // the kernel, by way of inline wrappers
  op.reader = running->block->reader;
  machine->copies().issue(op);
}

void store_async(void* shared, const void* value, unsigned bytes, const std::uint64_t* barrier, unsigned rank,
                 const Site& site) {
  check_aligned(shared, bytes, "store_async", site);
  check_shared(shared, bytes, "store_async", site);
  check_shared(barrier, sizeof *barrier, "store_async", site);
  AsyncOp op;
  op.kind = CopyKind::kStore;
  op.issuer = running;
  op.to = static_cast<std::byte*>(map_rank(shared, rank, site));
  op.bytes = op.valid = bytes;
  std::memcpy(op.stored, value, bytes);
  op.counted_by =
      &mbarrier_for_copy(static_cast<const std::uint64_t*>(map_rank(barrier, rank, site)), "store_async", site);
  op.into = &running->block->cluster->blocks[rank];
  op.site = site;
  op.pc = __builtin_return_address(0);  // the kernel, by way of inline wrappers
  machine->copies().issue(op);
}

void bulk_store(void* global, const void* shared, unsigned bytes, const Site& site) {
  check_bulk(global, shared, bytes, "bulk_store", site);
  AsyncOp op;
  op.kind = CopyKind::kBulkStore;
  op.issuer = running;
  op.to = static_cast<std::byte*>(global);
  op.from = static_cast<const std::byte*>(shared);
  op.bytes = op.valid = bytes;
  op.site = site;
  op.pc = __builtin_return_address(0);  // the kernel, by way of inline wrappers
  op.reader = running->block->reader;
  machine->copies().issue(op);
}

void bulk_store_commit() { machine->copies().commit(CopyKind::kBulkStore); }
void bulk_store_wait(unsigned keep) { machine->copies().wait_groups(CopyKind::kBulkStore, keep); }

void fence_proxy_async() { race::release(&running->block->proxy_sync); }

}  // namespace kernels::emulator
