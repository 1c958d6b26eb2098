#include "kernels/runtime/graph.h"

#include <utility>

#include "kernels/runtime/cuda/check.h"
#include "kernels/runtime/error.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

cudaStream_t native(StreamRef stream, const char* who) { return static_cast<cudaStream_t>(stream.checked(who)); }

}  // namespace

void destroy_graph(void* handle) noexcept {
  static_cast<void>(cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(handle)));
}

void Graph::replay(StreamRef stream) const {
  if (empty()) throw CudaError("cudaGraphLaunch", "", "cudaErrorInvalidValue", "an empty graph: nothing was captured");
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(handle_.get()), native(stream, "Graph::replay")),
        "cudaGraphLaunch");
}

GraphCapture::GraphCapture(StreamRef stream) : stream_(stream) {
  // Other threads of the program may allocate meanwhile: only this one's calls are watched.
  check(cudaStreamBeginCapture(native(stream, "GraphCapture"), cudaStreamCaptureModeThreadLocal),
        "cudaStreamBeginCapture");
}

GraphCapture::~GraphCapture() {
  if (!open_) return;
  cudaGraph_t graph = nullptr;
  static_cast<void>(cudaStreamEndCapture(static_cast<cudaStream_t>(stream_.handle), &graph));
  if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
  static_cast<void>(cudaGetLastError());
}

Graph GraphCapture::finish() {
  open_ = false;
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(native(stream_, "GraphCapture::finish"), &graph), "cudaStreamEndCapture");
  cudaGraphExec_t instance = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&instance, graph, 0);
  static_cast<void>(cudaGraphDestroy(graph));
  check(error, "cudaGraphInstantiate");
  return Graph(instance);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
