// A fixed team of threads that works on one job at a time and sleeps in between.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kernels {

/// A meeting point within a job: spins for a while, then yields. One that gives up sets all others free.
class Barrier {
 public:
  /// How many meet; only while nobody waits. Also forgets a break and all signals.
  void reset(int members);
  /// Returns true once all members are here, false once the barrier is broken: leave the job then.
  bool wait() {
    return wait([] {});
  }
  /// The same, but the last to come calls last() before anybody goes on; it must not throw.
  template <class Last>
  bool wait(const Last& last);
  void break_up();

  /// One member tells the others, who need not have come yet, that what it wrote so far may be read.
  void signal() { signals_.fetch_add(1, std::memory_order_release); }
  /// Returns true once signal() was called `count` times since reset(), false once the barrier is broken.
  bool await_signals(unsigned count) const;

 private:
  bool arrive();  // whether this is the last
  void let_go() { round_.fetch_add(1, std::memory_order_release); }
  void await_round(unsigned after) const;

  static constexpr std::size_t kLine = 64;  // what all poll lies apart from what all write
  alignas(kLine) std::atomic<int> arrived_{0};
  alignas(kLine) std::atomic<unsigned> round_{0};
  std::atomic<unsigned> signals_{0};
  std::atomic<bool> broken_{false};
  int members_ = 1;
};

template <class Last>
bool Barrier::wait(const Last& last) {
  const unsigned round = round_.load(std::memory_order_relaxed);
  if (arrive()) {
    last();
    let_go();
  } else {
    await_round(round);
  }
  return !broken_.load(std::memory_order_acquire);
}

class Team {
 public:
  /// @param threads  how many work, the caller included; 0: as many as the processor runs at once
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }
  Barrier& barrier() { return barrier_; }

  /// Runs job(0) on the caller and job(1) .. job(members-1) on workers, and returns when all are done. What a member
  /// throws breaks the barrier and is thrown here; of several, the lowest member's. One job at a time.
  /// @param members  1 .. size()
  void run(int members, const std::function<void(int)>& job);

 private:
  void work(int member);
  void do_job(int member);

  std::vector<std::thread> workers_;
  Barrier barrier_;
  std::vector<std::exception_ptr> failures_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<std::uint64_t> call_{0};  // how many jobs were handed out, and the members of the last
  std::atomic<int> busy_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace kernels
