#include "trainer/bptt/cpu/pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trainer {
namespace {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Spins while `value` is `old`, then sleeps: an iteration of a small network takes milliseconds, a wake-up tens of
/// microseconds.
std::uint32_t wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  using clock = std::chrono::steady_clock;
  const clock::time_point limit = clock::now() + std::chrono::microseconds(100);
  do {
    for (int i = 0; i < 64; ++i) {
      if (const std::uint32_t now = value.load(std::memory_order_acquire); now != old) return now;
      pause_briefly();
    }
  } while (clock::now() < limit);
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

Pool::Pool(int threads) {
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

Pool::~Pool() {
  quit_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::take_tasks(int thread) {
  try {
    for (std::size_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*task_)(i, thread);
  } catch (...) {
    next_.store(count_);
    const std::lock_guard lock(failure_lock_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void Pool::run(std::size_t count, const std::function<void(std::size_t, int)>& task) {
  task_ = &task;
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  const auto workers = static_cast<std::uint32_t>(workers_.size());
  busy_.store(workers, std::memory_order_relaxed);
  if (workers > 0) {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  take_tasks(0);
  for (std::uint32_t left = busy_.load(std::memory_order_acquire); left != 0;) left = wait_for_change(busy_, left);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Pool::work(int thread) {
  std::uint32_t seen = 0;
  for (;;) {
    seen = wait_for_change(round_, seen);
    if (quit_.load(std::memory_order_relaxed)) return;
    take_tasks(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
  }
}

}  // namespace trainer
