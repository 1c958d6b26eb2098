// Marks in streams.
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

void destroy_event(void* handle) noexcept;

class Event {
 public:
  enum class Timing { kOff, kOn };
  /// @param timing  kOn where elapsed_ms() will be asked; kOff is cheaper. @throws CudaError
  explicit Event(Timing timing = Timing::kOff);

  /// Marks what is enqueued on the stream so far; a later record replaces the mark.
  void record(StreamRef stream);
  /// Whether what the last record marked is done; true before the first.
  bool done() const;
  /// Waits for that. @throws CudaError for what went wrong in it
  void synchronize() const;
  void* handle() const noexcept { return handle_.get(); }

 private:
  Owned<destroy_event> handle_;
};

/// Milliseconds between two marks, both done, of events with timing. @throws CudaError otherwise
float elapsed_ms(const Event& begin, const Event& end);

}  // namespace kernels::inline AFFETTO_PLATFORM
