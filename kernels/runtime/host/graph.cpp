#include "kernels/runtime/graph.h"

#include <utility>
#include <vector>

#include "kernels/emulator/device.h"
#include "kernels/emulator/faults.h"
#include "kernels/runtime/error.h"
#include "kernels/runtime/host/handles.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

using Recorded = std::vector<emulator::Work>;

}  // namespace

void destroy_graph(void* handle) noexcept { delete static_cast<Recorded*>(handle); }

void Graph::replay(StreamRef stream) const {
  if (empty()) throw CudaError("cudaGraphLaunch", "", "cudaErrorInvalidValue", "an empty graph: nothing was captured");
  maybe_fail(emulator::Fault::kLaunch, "cudaGraphLaunch");
  emulator::Device::instance().replay(stream_state(stream, "Graph::replay"),
                                      *static_cast<const Recorded*>(handle_.get()));
}

GraphCapture::GraphCapture(StreamRef stream) : stream_(stream) {
  emulator::Device::instance().begin_capture(stream_state(stream, "GraphCapture"));
}

GraphCapture::~GraphCapture() {
  if (!open_) return;
  try {
    static_cast<void>(emulator::Device::instance().end_capture(stream_state(stream_, "GraphCapture")));
  } catch (const CudaError&) {
    // The capture is abandoned either way.
  }
}

Graph GraphCapture::finish() {
  open_ = false;
  Recorded work = emulator::Device::instance().end_capture(stream_state(stream_, "GraphCapture::finish"));
  maybe_fail(emulator::Fault::kGraph, "cudaGraphInstantiate");
  return Graph(new Recorded(std::move(work)));
}

}  // namespace kernels::inline AFFETTO_PLATFORM
