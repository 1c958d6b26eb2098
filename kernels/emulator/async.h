// Copies that happen some time between their issue and the wait for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/emulator/schedule.h"
#include "kernels/emulator/thread.h"

namespace kernels::emulator {

enum class CopyKind : std::uint8_t {
  kElement,    ///< cp.async: a thread's own 4, 8 or 16 bytes into shared memory
  kBulkLoad,   ///< into shared memory, counted by an mbarrier
  kBulkStore,  ///< out of shared memory, in groups of the issuing thread
  kStore,      ///< of a few bytes into a cluster's shared memory, counted by an mbarrier there
};

/// Who copies, for the race detector: knows what the issuer knew. One for all copies of a thread's group, so that a
/// launch may have many copies under way; hence two copies of one group are ordered by their issue, which no GPU
/// promises.
struct CopyEngine {
  race::Identity identity = nullptr;
  unsigned copies = 0;         // that nobody has waited for
  CopyEngine* next = nullptr;  // of the same thread
};

struct AsyncOp {
  CopyKind kind = CopyKind::kElement;
  Thread* issuer = nullptr;
  std::byte* to = nullptr;
  const std::byte* from = nullptr;
  unsigned bytes = 0;  ///< written; those from `valid` on are zero
  unsigned valid = 0;
  Mbarrier* counted_by = nullptr;
  const Block* into = nullptr;  ///< whose memory a counted copy goes to
  std::byte stored[16] = {};    ///< what a store brings along
  Site site;
  void* pc = nullptr;  ///< what a race report names

  // The emulator's own.
  std::uint32_t group = 0;
  bool done = false;
  std::size_t position = 0;         // among the pending
  AsyncOp* next = nullptr;          // of the same thread
  CopyEngine* engine = nullptr;     // null in builds without the detector
  race::Identity reader = nullptr;  // who reads the source: the engine, or the block's reader for bulk copies
};

class AsyncCopies {
 public:
  explicit AsyncCopies(Async mode);
  /// Forgets all copies: the end of an epoch.
  void clear() noexcept;

  /// Takes note of the copy; the destination holds poison until it is done.
  void issue(const AsyncOp& op);
  /// Does one of the pending copies. @return false where there is none
  bool perform_one();
  /// Perhaps does one (random mode).
  void perform_now_and_then();
  /// The running thread's group ends here.
  void commit(CopyKind kind);
  /// Does all copies of the running thread but those of its `keep` latest groups.
  void wait_groups(CopyKind kind, unsigned keep);
  /// A thread leaves: its copies are done.
  void finish(Thread& thread);
  /// A block leaves: fails where a bulk load into it is still to come.
  void check_none_left(const Block& block);

  /// Whether those who come to the machine now might want more engines than there are.
  bool engines_run_short() const;

 private:
  AsyncOp& take(const AsyncOp& wanted);
  CopyEngine& engine_for(const AsyncOp& wanted);
  void give(AsyncOp& op);
  void perform(AsyncOp& op);
  void settle(Thread& thread, AsyncOp& op);

  Async mode_;
  std::vector<AsyncOp*>& pending_;  // one for all launches, as the pools
  std::size_t fresh_ = 0;           // first of the pool that this epoch has not used
  std::size_t fresh_engine_ = 0;    // the same of the engines
};

// In mbarrier.cpp:
/// The transaction count goes down.
void complete_bytes(Mbarrier& barrier, unsigned bytes);
/// The barrier's state; fails where it was never initialised, or is not yet visible to copies.
Mbarrier& mbarrier_for_copy(const std::uint64_t* address, const char* what, const Site& site);

}  // namespace kernels::emulator
