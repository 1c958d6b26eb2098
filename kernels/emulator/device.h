// The emulated device as the host sees it: streams, events, graphs and memory.
//
// A stream is a queue; nothing runs until the host waits for something or asks. Then streams are run in an order that
// the schedule chooses, each in its own order and as far as the events it waits for allow, on the host's own thread.
// What a kernel does wrong is thrown to the host that waited; whatever else was enqueued is lost, and other streams say
// so when they are next used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/device/shape.h"
#include "kernels/emulator/random.h"

namespace kernels::emulator {

struct EventState;
struct Capture;

struct Work {
  enum class Kind { kRun, kRecord, kWait };
  Kind kind = Kind::kRun;
  std::string name;
  std::function<void()> run;
  std::shared_ptr<EventState> event;
  std::uint64_t ticket = 0;  // which record of the event
};

struct StreamState {
  std::deque<Work> queue;
  std::string lost;                  // what destroyed its work
  std::shared_ptr<Capture> capture;  // work goes there
  bool unjoined = false;             // in a capture, with work the origin does not wait for
};

struct EventState {
  std::uint64_t recorded = 0, completed = 0;
  std::chrono::steady_clock::time_point at{};
  std::string lost;
  std::shared_ptr<Capture> capture;
  StreamState* recorded_on = nullptr;
};

struct Capture {
  StreamState* origin = nullptr;
  std::vector<Work> work;
  std::vector<StreamState*> streams;
};

class Device {
 public:
  static Device& instance();

  StreamState* create_stream();
  void destroy_stream(StreamState* stream) noexcept;
  void enqueue(StreamState& stream, std::string name, std::function<void()> run);
  /// The same, for a kernel. @throws CudaError if the shape is refused
  void launch(StreamState& stream, const char* kernel, const LaunchShape& shape, std::function<void()> body);
  void record(StreamState& stream, const std::shared_ptr<EventState>& event);
  void wait(StreamState& stream, const std::shared_ptr<EventState>& event);
  void synchronize(StreamState& stream);
  bool idle(StreamState& stream);
  void synchronize(EventState& event);
  bool done(EventState& event);

  void begin_capture(StreamState& stream);
  /// The captured work, in an order that is allowed. @throws CudaError where a joined stream was left behind
  std::vector<Work> end_capture(StreamState& stream);
  void replay(StreamState& stream, const std::vector<Work>& work);

  std::byte* allocate(std::size_t bytes, const char* call);
  void free(void* memory) noexcept;
  /// @throws CudaError unless the range lies in one allocation
  void check_range(const void* memory, std::size_t bytes, const char* call);
  std::size_t allocated_bytes();

 private:
  Device() = default;
  void push(StreamState& stream, Work work);
  bool runnable(const StreamState& stream) const;
  StreamState* pick();
  bool run_one(StreamState* for_whom);
  void run_until(const std::function<bool()>& finished, StreamState* for_whom);
  void lose_everything(const std::string& text, const StreamState* except);
  void refuse_in_capture(const char* call) const;
  void check_guards(const std::string& after);
  static void throw_lost(std::string& text);

  std::mutex mutex_;
  std::vector<std::unique_ptr<StreamState>> streams_;
  std::map<std::byte*, std::size_t> memory_;
  std::size_t allocated_ = 0;
  int captures_ = 0;
  Random random_;
};

inline constexpr std::size_t kDeviceBytes = std::size_t{4} << 30;  ///< memory of the emulated device

}  // namespace kernels::emulator
