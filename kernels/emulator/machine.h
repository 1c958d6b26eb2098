// One emulated launch: admits blocks, switches between their threads, ends with the grid or with a fault.
//
// Device threads are fibers of the calling thread. A fault found on a fiber is written down, and the host's stack goes
// on and throws it: fibers are never left by an exception, and nothing is allocated on one. In builds with the race
// detector a thread's stack, identity and shared memory are used once per epoch, because reusing them would look like
// a race between two blocks that nothing orders; an epoch ends, ordered through the host, when the supply is used up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/device/shape.h"
#include "kernels/emulator/async.h"
#include "kernels/emulator/scheduler.h"
#include "kernels/emulator/thread.h"
#include "kernels/runtime/error.h"

namespace kernels::emulator {

/// Something that a kernel must not do. what() tells the place, the thread, what it did and the schedule to repeat it.
struct KernelFault : CudaError {
  using CudaError::CudaError;
};

class Machine {
 public:
  /// @param body  calls the kernel with its arguments; run once by each device thread
  Machine(std::string kernel, const LaunchShape& shape, const std::function<void()>& body, const Schedule& schedule);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs the whole grid. @throws KernelFault, std::bad_alloc
  void run();

  // For what stands behind the device wrappers; all of it is called by the running device thread.

  /// Leaves the processor until somebody wakes the running thread.
  void wait(const char* doing, const Site& site);
  /// Leaves the processor until poll(argument) is true.
  void wait_until(bool (*poll)(const void*), const void* argument, const char* doing, const Site& site);
  void wake(Thread& thread) { scheduler_.make_ready(thread); }
  /// Wakes a whole list, and lets the race detector know that each has seen what was released to `sync`.
  void wake_all(Thread*& list, void* sync);
  /// Perhaps lets somebody else run first.
  void yield_now_and_then();
  /// Ends the launch with a fault: printf-style text, without the place.
  [[noreturn, gnu::format(printf, 3, 4)]] void fail(const Site& site, const char* format, ...);

  const LaunchShape& shape() const { return shape_; }
  Scheduler& scheduler() { return scheduler_; }
  AsyncCopies& copies() { return copies_; }
  Meeting& grid_barrier() { return grid_barrier_; }

 private:
  static void thread_main(void* thread);
  void run_body();
  [[noreturn]] void exit_running();
  void check_exit(Thread& thread);
  void leave_block(Block& block);
  void reschedule();
  Thread* choose();
  void enter(Thread& thread);
  void to_host();
  bool wake_pollers();

  void shuffle_order();
  unsigned resident_limit() const;
  bool admit_next();
  Cluster* free_cluster();
  void build(Cluster& cluster);
  void add_warps(Cluster& cluster);
  void admit(Cluster& cluster, unsigned id);
  void admit(Block& block, unsigned rank, const uint3& index);
  void retire_finished();
  void retire(Block& block);
  void end_epoch();
  void release_everything() noexcept;
  [[noreturn]] void throw_failure();
  [[noreturn]] void throw_deadlock();

  std::string kernel_;
  LaunchShape shape_;
  const std::function<void()>& body_;
  Schedule schedule_;
  Scheduler scheduler_;
  AsyncCopies copies_;
  Fiber host_;
  std::vector<std::unique_ptr<Cluster>> clusters_;
  std::vector<unsigned> order_;  // clusters of the grid in the order of admission
  std::size_t admitted_ = 0;
  unsigned resident_ = 0;
  std::size_t live_threads_ = 0;
  bool retire_ = false;
  Thread* pollers_ = nullptr;
  Meeting grid_barrier_;
  char start_sync_ = 0;
  bool failed_ = false;
  Site failed_at_;
  char failure_[1024] = {};  // written on a fiber
  char failure_sync_ = 0;
};

/// The machine of the launch that is running; null outside of one.
extern Machine* machine;

/// "thread (5,0,0) of block (2,0,0)", written into a caller's buffer.
struct ThreadName {
  char text[96];
  explicit ThreadName(const Thread& thread);
};

/// How many threads wait in what, per place: one line each. On the host's stack.
std::string describe_waiting(const std::vector<std::unique_ptr<Cluster>>& clusters);

}  // namespace kernels::emulator
