// Work recorded once and replayed by one call.
#pragma once

#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

void destroy_graph(void* handle) noexcept;

class Graph {
 public:
  Graph() = default;
  explicit Graph(void* handle) : handle_(handle) {}
  bool empty() const noexcept { return handle_.get() == nullptr; }
  /// Enqueues everything that was recorded, with the addresses and parameters of then. @throws CudaError
  void replay(StreamRef stream) const;

 private:
  Owned<destroy_graph> handle_;
};

/// Records what is enqueued on a stream instead of running it. A second stream joins by waiting for an event that was
/// recorded on the first, and must be waited for by the first before the end. Nothing may be waited for by the host,
/// and nothing allocated, meanwhile.
class GraphCapture {
 public:
  /// Begins. @throws CudaError
  explicit GraphCapture(StreamRef stream);
  /// Abandons the capture if it was not finished.
  ~GraphCapture();
  GraphCapture(const GraphCapture&) = delete;
  GraphCapture& operator=(const GraphCapture&) = delete;
  /// Ends, and makes what was recorded ready to run. Once. @throws CudaError
  Graph finish();

 private:
  StreamRef stream_;
  bool open_ = true;
};

}  // namespace kernels::inline AFFETTO_PLATFORM
