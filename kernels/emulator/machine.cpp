#include "kernels/emulator/machine.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

#include "kernels/emulator/memory.h"
#include "kernels/emulator/warp.h"

namespace kernels::emulator {

Machine* machine = nullptr;
Thread* running = nullptr;

bool same_site(const Site& a, const Site& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         (a.file_name() == b.file_name() || std::string_view(a.file_name()) == b.file_name());
}

Machine::Machine(std::string kernel, const LaunchShape& shape, const std::function<void()>& body,
                 const Schedule& schedule)
    : kernel_(std::move(kernel)),
      shape_(shape),
      body_(body),
      schedule_(schedule),
      scheduler_(schedule),
      copies_(schedule.async) {
  host_.adopt();
  grid_barrier_.expected = static_cast<unsigned>(shape.grid.count() * shape.block.count());
  shuffle_order();
  machine = this;
}

Machine::~Machine() {
  release_everything();
  machine = nullptr;
  running = nullptr;
}

void Machine::run() {
  for (;;) {
    if (retire_) retire_finished();
    while (admit_next()) {
    }
    if (Thread* thread = choose()) {
      enter(*thread);
    } else if (!wake_pollers() && !copies_.perform_one()) {
      if (live_threads_ > 0) throw_deadlock();
      if (admitted_ == order_.size()) return;
      end_epoch();
    }
    if (failed_) throw_failure();
  }
}

// Turns.

void Machine::enter(Thread& thread) {
  running = &thread;
  thread.state = State::kRunning;
  Fiber::change(host_, thread.fiber);
}

void Machine::to_host() {
  Thread& self = *running;
  running = nullptr;
  Fiber::change(self.fiber, host_);
}

Thread* Machine::choose() {
  copies_.perform_now_and_then();
  if (pollers_ != nullptr && scheduler_.whim()) wake_pollers();
  return scheduler_.next();
}

void Machine::reschedule() {
  Thread& self = *running;
  Thread* thread = retire_ && admitted_ < order_.size() ? nullptr : choose();
  if (thread == &self) {
    self.state = State::kRunning;
    return;
  }
  if (thread == nullptr) return to_host();
  running = thread;
  thread->state = State::kRunning;
  Fiber::change(self.fiber, thread->fiber);
}

void Machine::wait(const char* doing, const Site& site) {
  Thread& self = *running;
  self.state = State::kWaiting;
  self.doing = doing;
  self.site = site;
  reschedule();
}

void Machine::wait_until(bool (*poll)(const void*), const void* argument, const char* doing, const Site& site) {
  yield_now_and_then();
  while (!poll(argument)) {
    Thread& self = *running;
    self.poll = poll;
    self.poll_argument = argument;
    self.next = std::exchange(pollers_, &self);
    wait(doing, site);
  }
}

bool Machine::wake_pollers() {
  bool woken = false;
  Thread* rest = nullptr;
  for (Thread* thread = std::exchange(pollers_, nullptr); thread != nullptr;) {
    Thread* next = thread->next;
    if (thread->poll(thread->poll_argument)) {
      wake(*thread);
      woken = true;
    } else {
      thread->next = std::exchange(rest, thread);
    }
    thread = next;
  }
  pollers_ = rest;
  return woken;
}

void Machine::wake_all(Thread*& list, void* sync) {
  for (Thread* thread = std::exchange(list, nullptr); thread != nullptr;) {
    Thread* next = thread->next;
    if constexpr (race::kEnabled) {
      const race::As them(thread->fiber.identity);
      race::acquire(sync);
    }
    wake(*thread);
    thread = next;
  }
}

void Machine::yield_now_and_then() {
  if (!scheduler_.whim()) return;
  wake(*running);
  reschedule();
}

// The life of a thread.

// Uninstrumented: before a call that does not return the address sanitizer would clear the whole stack, by way of two
// system calls; all that lives here is gone by then, and Fiber::clean() does the rest.
[[gnu::no_sanitize("address")]] void Machine::thread_main(void* thread) {
  static_cast<Thread*>(thread)->block->started = true;
  machine->run_body();
  machine->exit_running();
}

void Machine::run_body() {
  char what[512] = {};
  try {
    body_();
    return;
  } catch (const std::exception& e) {
    std::snprintf(what, sizeof what, "%s", e.what());
  } catch (...) {
    std::snprintf(what, sizeof what, "something that is no std::exception");
  }
  fail(Site{}, "the kernel threw: %s", what);  // after the handler: a fiber must not be left inside one
}

void Machine::check_exit(Thread& thread) {
  Warp& warp = *thread.warp;
  for (unsigned lane = 0; lane < kWarpThreads; ++lane) {
    if ((warp.calling >> lane & 1u) == 0 || (warp.calls[lane]->mask >> thread.lane & 1u) == 0) continue;
    fail(warp.lanes[lane]->site, "lane %u waits in %s for lane %u, which has exited", lane, warp.lanes[lane]->doing,
         thread.lane);
  }
  const Meeting& barrier = thread.block->barriers[0];
  if (barrier.arrived > 0) {
    fail(barrier.site, "%u threads wait in __syncthreads, and %s has exited", barrier.arrived, ThreadName(thread).text);
  }
  if (thread.block->cluster->barrier.arrived > 0 || grid_barrier_.arrived > 0) {
    const Meeting& meeting = grid_barrier_.arrived > 0 ? grid_barrier_ : thread.block->cluster->barrier;
    fail(meeting.site, "%u threads wait in a cluster or grid barrier, and %s has exited", meeting.arrived,
         ThreadName(thread).text);
  }
}

void Machine::exit_running() {
  Thread& self = *running;
  copies_.finish(self);
  check_exit(self);
  self.state = State::kExited;
  self.warp->exited |= 1u << self.lane;
  --live_threads_;
  Block& block = *self.block;
  ++block.exited;
  if (--block.live == 0) leave_block(block);
  reschedule();
  std::abort();  // nobody wakes an exited thread
}

void Machine::leave_block(Block& block) {
  copies_.check_none_left(block);
  poison(block.shared, block.shared_bytes);
  forbid(block.shared, block.shared_bytes);
  if (--block.cluster->live_blocks == 0) retire_ = true;
}

// Faults.

ThreadName::ThreadName(const Thread& thread) {
  std::snprintf(text, sizeof text, "thread (%u,%u,%u) of block (%u,%u,%u)", thread.thread_idx.x, thread.thread_idx.y,
                thread.thread_idx.z, thread.block_idx.x, thread.block_idx.y, thread.block_idx.z);
}

void Machine::fail(const Site& site, const char* format, ...) {
  int used = 0;
  if (running != nullptr) used = std::snprintf(failure_, sizeof failure_, "%s: ", ThreadName(*running).text);
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(failure_ + used, sizeof failure_ - static_cast<std::size_t>(used), format, arguments);
  va_end(arguments);
  failed_at_ = site;
  failed_ = true;
  race::release(&failure_sync_);
  if (running == nullptr) throw_failure();
  to_host();
  std::abort();  // the host throws, it does not come back
}

void Machine::throw_failure() {
  race::acquire(&failure_sync_);  // the C library wrote the text, and the detector saw it do so on the thread's account
  const std::string place = failed_at_.line() == 0
                                ? ""
                                : std::string(failed_at_.file_name()) + ":" + std::to_string(failed_at_.line()) + ":" +
                                      std::to_string(failed_at_.column());
  throw KernelFault(kernel_, place, "fault in the emulated kernel",
                    std::string(failure_) + "; again with AFFETTO_EMULATOR_SCHEDULE=" + to_string(schedule_));
}

void Machine::throw_deadlock() {
  throw KernelFault(kernel_, "", "deadlock in the emulated kernel",
                    describe_waiting(clusters_) + "; again with AFFETTO_EMULATOR_SCHEDULE=" + to_string(schedule_));
}

}  // namespace kernels::emulator
