// A few threads that stay, for work of microseconds: they spin a moment for the next task before they sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace trainer {

class Pool {
 public:
  /// @param threads  callers included; 0: as many as the processor has
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  /// Calls task(index, thread) for every index below `count`, on the caller and the workers, and returns when all are
  /// done. Which thread takes which index is left open. The first exception is thrown again here. Not reentrant.
  void run(std::size_t count, const std::function<void(std::size_t index, int thread)>& task);

 private:
  void work(int thread);
  void take_tasks(int thread);

  std::vector<std::thread> workers_;
  const std::function<void(std::size_t, int)>* task_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint32_t> round_{0};  ///< raised to start the workers
  std::atomic<std::uint32_t> busy_{0};   ///< workers that have not finished this round
  std::atomic<bool> quit_{false};
  std::mutex failure_lock_;
  std::exception_ptr failure_;
};

}  // namespace trainer
