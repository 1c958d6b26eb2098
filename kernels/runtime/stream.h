// Queues of work on the device; readable without a CUDA header.
#pragma once

#include "kernels/device/platform.h"
#include "kernels/runtime/owned.h"

namespace kernels::inline AFFETTO_PLATFORM {

class Event;

/// A view of a stream that somebody else owns. There is no default stream: a null handle is refused.
struct StreamRef {
  void* handle = nullptr;

  /// Waits until everything enqueued so far is done. @throws CudaError for what went wrong in it
  void synchronize() const;
  /// Whether everything enqueued so far is done; does not wait.
  bool idle() const;
  /// What is enqueued from now on waits for the event's last record; the host does not wait.
  void wait(const Event& event) const;
  /// The handle. @throws std::invalid_argument where it is null; `who` is told
  void* checked(const char* who) const;
};

void destroy_stream(void* handle) noexcept;

/// A stream of its own: it waits for no other stream, the default one included. Destroying it lets its work finish.
class Stream {
 public:
  /// @throws CudaError
  Stream();
  StreamRef ref() const noexcept { return {handle_.get()}; }
  operator StreamRef() const noexcept { return ref(); }
  void synchronize() const { ref().synchronize(); }
  bool idle() const { return ref().idle(); }
  void wait(const Event& event) const { ref().wait(event); }

 private:
  Owned<destroy_stream> handle_;
};

/// Waits for a stream when it goes, by an exception too: declared after the host memory that enqueued copies read or
/// write, it keeps that memory alive until they are done.
class WaitAtExit {
 public:
  explicit WaitAtExit(StreamRef stream) noexcept : stream_(stream) {}
  ~WaitAtExit();  ///< a fault of the stream's is not told again: whoever waited for results has been told
  WaitAtExit(const WaitAtExit&) = delete;
  WaitAtExit& operator=(const WaitAtExit&) = delete;

 private:
  StreamRef stream_;
};

}  // namespace kernels::inline AFFETTO_PLATFORM
