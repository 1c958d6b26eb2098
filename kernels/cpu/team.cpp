#include "kernels/cpu/team.h"

#include <algorithm>
#include <system_error>

namespace kernels {
namespace {

constexpr int kMembersBits = 16;
constexpr std::uint64_t kMembersMask = (std::uint64_t{1} << kMembersBits) - 1;
constexpr int kEagerPolls = 200;
constexpr int kIdleSpins = 2000;  // between two jobs of a session, which follow each other closely
constexpr int kSpins = 400;       // 20 us where a pause takes 140 cycles: beyond that, somebody else has the processor

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

template <class Condition>
bool spin_until(const Condition& condition, int spins) {
  for (int i = 0; i < kEagerPolls; ++i) {  // a pause is as long as a meeting should take
    if (condition()) return true;
  }
  for (int i = 0; i < spins; ++i) {
    if (condition()) return true;
    pause();
  }
  return condition();
}

template <class Condition>
void wait_until(const Condition& condition) {
  if (spin_until(condition, kSpins)) return;
  while (!condition()) std::this_thread::yield();
}

}  // namespace

void Barrier::reset(int members) {
  members_ = members;
  arrived_.store(0, std::memory_order_relaxed);
  signals_.store(0, std::memory_order_relaxed);
  broken_.store(false, std::memory_order_relaxed);
}

bool Barrier::arrive() {
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 != members_) return false;
  arrived_.store(0, std::memory_order_relaxed);
  return true;
}

void Barrier::await_round(unsigned after) const {
  wait_until(
      [&] { return round_.load(std::memory_order_acquire) != after || broken_.load(std::memory_order_acquire); });
}

bool Barrier::await_signals(unsigned count) const {
  wait_until(
      [&] { return signals_.load(std::memory_order_acquire) >= count || broken_.load(std::memory_order_acquire); });
  return !broken_.load(std::memory_order_acquire);
}

void Barrier::break_up() { broken_.store(true, std::memory_order_release); }

Team::Team(int threads) {
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  threads = std::min(threads, static_cast<int>(kMembersMask));
  failures_.resize(threads);
  workers_.reserve(threads - 1);
  try {
    for (int member = 1; member < threads; ++member) workers_.emplace_back([this, member] { work(member); });
  } catch (const std::system_error&) {  // the system grants fewer threads: work with those
  }
}

Team::~Team() {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Team::do_job(int member) {
  try {
    (*job_)(member);
  } catch (...) {
    failures_[member] = std::current_exception();
    barrier_.break_up();
  }
}

void Team::work(int member) {
  std::uint64_t seen = 0;
  for (;;) {
    const auto called = [&] { return call_.load(std::memory_order_acquire) != seen || stop_.load(); };
    if (!spin_until(called, kIdleSpins)) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, called);
    }
    if (stop_.load()) return;
    seen = call_.load(std::memory_order_acquire);
    if (member >= static_cast<int>(seen & kMembersMask)) continue;
    do_job(member);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

void Team::run(int members, const std::function<void(int)>& job) {
  members = std::clamp(members, 1, size());
  barrier_.reset(members);
  job_ = &job;
  if (members > 1) {
    busy_.store(members - 1, std::memory_order_relaxed);
    {
      const std::lock_guard lock(mutex_);
      const std::uint64_t jobs = (call_.load(std::memory_order_relaxed) >> kMembersBits) + 1;
      call_.store(jobs << kMembersBits | static_cast<std::uint64_t>(members), std::memory_order_release);
    }
    wake_.notify_all();
  }
  do_job(0);
  wait_until([&] { return busy_.load(std::memory_order_acquire) == 0; });
  std::exception_ptr first;
  for (std::exception_ptr& failure : failures_) {
    if (failure && !first) first = failure;
    failure = nullptr;
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace kernels
