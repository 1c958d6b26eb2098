#include "kernels/emulator/async.h"

#include <utility>

#include "kernels/emulator/identities.h"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/memory.h"

namespace kernels::emulator {
namespace {

constexpr std::size_t kMostCopies = 1 << 16;
constexpr std::size_t kMostEngines = Identities::kMost / 2;  // the other half is for threads
constexpr std::size_t kDone = ~std::size_t{0};

// Launches take turns, and pages nobody touched cost nothing.
AsyncOp* pool() {
  static const std::unique_ptr<AsyncOp[]> operations = std::make_unique<AsyncOp[]>(kMostCopies);
  return operations.get();
}

CopyEngine* engines() {
  static const std::unique_ptr<CopyEngine[]> all = std::make_unique<CopyEngine[]>(kMostEngines);
  return all.get();
}

// Reserved for all that can be pending: none is allocated on a fiber.
std::vector<AsyncOp*>& pending_pool() {
  static std::vector<AsyncOp*> pending = [] {
    std::vector<AsyncOp*> none;
    none.reserve(kMostCopies);
    return none;
  }();
  return pending;
}

CopyEngine*& group_engine(Thread& thread, CopyKind kind) {
  return thread.group_engine[kind == CopyKind::kElement ? 0 : 1];
}

race::Identity identity_of(const CopyEngine* engine) { return engine == nullptr ? race::current() : engine->identity; }

std::uint32_t& open_group(Thread& thread, CopyKind kind) {
  return kind == CopyKind::kElement ? thread.copy_group : thread.store_group;
}

// What waits for nobody is forgotten when it is done; the others are remembered until their wait.
bool counted(const AsyncOp& op) { return op.counted_by != nullptr; }

}  // namespace

AsyncCopies::AsyncCopies(Async mode) : mode_(mode), pending_(pending_pool()) {
  pending_.clear();  // what a launch that failed has left
  pool();
  if constexpr (race::kEnabled) engines();
}

void AsyncCopies::clear() noexcept {
  pending_.clear();
  fresh_ = fresh_engine_ = 0;
}

bool AsyncCopies::engines_run_short() const { return fresh_engine_ > kMostEngines / 2; }

// Of the thread's open group; a bulk load belongs to none.
CopyEngine& AsyncCopies::engine_for(const AsyncOp& wanted) {
  Thread& thread = *wanted.issuer;
  CopyEngine* open = nullptr;
  CopyEngine*& engine = counted(wanted) ? open : group_engine(thread, wanted.kind);
  if (engine == nullptr && thread.free_engines != nullptr) {
    engine = thread.free_engines;
    thread.free_engines = engine->next;
  } else if (engine == nullptr) {
    if (fresh_engine_ == kMostEngines) {
      machine->fail(wanted.site, "more than %zu groups of copies that nobody has waited for", kMostEngines);
    }
    engine = &engines()[fresh_engine_++];
    *engine = {Identities::instance().take(&thread.issue_sync)};
  }
  if (engine->identity != nullptr) race::know(engine->identity, &thread.issue_sync);
  return *engine;
}

AsyncOp& AsyncCopies::take(const AsyncOp& wanted) {
  Thread& thread = *wanted.issuer;
  AsyncOp* op = thread.free_copies;
  if (op != nullptr) {
    thread.free_copies = op->next;
  } else {
    if (fresh_ == kMostCopies) {
      machine->fail(wanted.site, "more than %zu copies that nobody has waited for", kMostCopies);
    }
    op = &pool()[fresh_++];
  }
  *op = wanted;
  if (op->kind == CopyKind::kStore) op->from = op->stored;
  if constexpr (race::kEnabled) {
    op->engine = &engine_for(wanted);
    ++op->engine->copies;
  }
  return *op;
}

void AsyncCopies::give(AsyncOp& op) {
  Thread& thread = *op.issuer;
  op.next = std::exchange(thread.free_copies, &op);
  if (op.engine == nullptr || --op.engine->copies > 0) return;
  op.engine->next = std::exchange(thread.free_engines, op.engine);
}

void AsyncCopies::issue(const AsyncOp& wanted) {
  AsyncOp& op = take(wanted);
  Thread& thread = *op.issuer;
  op.group = open_group(thread, op.kind);
  op.position = pending_.size();
  pending_.push_back(&op);
  if (!counted(op)) {
    (thread.last_copy != nullptr ? thread.last_copy->next : thread.first_copy) = &op;
    thread.last_copy = &op;
  }
  if (mode_ == Async::kEarly) return perform(op);
  if (op.kind != CopyKind::kBulkStore) poison(op.to, op.bytes);
  machine->yield_now_and_then();
}

void AsyncCopies::perform(AsyncOp& op) {
  {
    const race::As engine(op.reader != nullptr ? op.reader : identity_of(op.engine));
    if (op.reader != nullptr) race::acquire(&op.issuer->block->proxy_sync);
    if (op.kind != CopyKind::kStore) race::reads(op.from, op.valid, op.pc);
    if (op.reader != nullptr) race::release(&op);
  }
  {
    const race::As engine(identity_of(op.engine));
    race::writes(op.to, op.bytes, op.pc);
    quiet_copy(op.to, op.from, op.valid);
    quiet_zero(op.to + op.valid, op.bytes - op.valid);
    if (op.counted_by != nullptr) {
      if (op.reader != nullptr) race::acquire(&op);  // who overwrites the source comes after the copy
      complete_bytes(*op.counted_by, op.bytes);
    }
  }
  pending_.back()->position = op.position;
  pending_[op.position] = pending_.back();
  pending_.pop_back();
  op.position = kDone;
  op.done = true;
  if (counted(op)) give(op);
}

bool AsyncCopies::perform_one() {
  if (pending_.empty()) return false;
  const auto count = static_cast<unsigned>(pending_.size());
  perform(*pending_[mode_ == Async::kRandom ? machine->scheduler().random().below(count) : 0]);
  return true;
}

void AsyncCopies::perform_now_and_then() {
  if (mode_ == Async::kRandom && !pending_.empty() && machine->scheduler().random().one_in(4)) perform_one();
}

void AsyncCopies::commit(CopyKind kind) {
  ++open_group(*running, kind);
  group_engine(*running, kind) = nullptr;
}

// The waiting thread comes after the copy; only now, so that a copy it did not wait for stays unordered.
void AsyncCopies::settle(Thread& thread, AsyncOp& op) {
  if (!op.done) perform(op);
  if constexpr (race::kEnabled) {
    {
      const race::As engine(identity_of(op.engine));
      if (op.reader != nullptr) race::acquire(&op);
      race::release(&thread.done_sync);
    }
    race::acquire(&thread.done_sync);
  }
}

void AsyncCopies::wait_groups(CopyKind kind, unsigned keep) {
  machine->yield_now_and_then();
  Thread& thread = *running;
  AsyncOp** link = &thread.first_copy;
  AsyncOp* last = nullptr;
  while (AsyncOp* op = *link) {
    if (op->kind == kind && op->group + keep < open_group(thread, kind)) {
      settle(thread, *op);
      *link = op->next;
      give(*op);
    } else {
      last = op;
      link = &op->next;
    }
  }
  thread.last_copy = last;
}

void AsyncCopies::finish(Thread& thread) {
  while (AsyncOp* op = thread.first_copy) {
    thread.first_copy = op->next;
    if (!op->done) perform(*op);
    give(*op);
  }
  thread.last_copy = nullptr;
  thread.group_engine[0] = thread.group_engine[1] = nullptr;
}

void AsyncCopies::check_none_left(const Block& block) {
  for (const AsyncOp* op : pending_) {
    if (!counted(*op)) continue;
    if (op->into != &block) continue;
    const char* const what = op->kind == CopyKind::kStore ? "store_async into it" : "bulk_load";
    machine->fail(op->site, "the block exits while this %s is in flight", what);
  }
}

}  // namespace kernels::emulator
