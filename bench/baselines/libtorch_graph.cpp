#include "bench/baselines/libtorch_graph.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/cuda.h>

namespace bench::libtorch {
namespace {

class GraphWork final : public CapturedWork {
 public:
  explicit GraphWork(const std::function<void()>& work) : stream_(at::cuda::getStreamFromPool()) {
    constexpr int kWarmUps = 3;       // cuDNN and cuBLAS choose and allocate in the first ones
    c10::cuda::device_synchronize();  // what it reads comes from another stream
    const c10::cuda::CUDAStreamGuard guard(stream_);
    for (int i = 0; i < kWarmUps; ++i) work();
    c10::cuda::device_synchronize();
    graph_.capture_begin();
    work();
    graph_.capture_end();
    c10::cuda::device_synchronize();
  }
  void replay() override { graph_.replay(); }  // on the current stream, so that copies around it need no events

 private:
  at::cuda::CUDAStream stream_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::string cuda_why_not() { return torch::cuda::is_available() ? "" : "LibTorch sees no GPU"; }

void wait_for_gpu() { c10::cuda::device_synchronize(); }

std::unique_ptr<CapturedWork> capture(const std::function<void()>& work) { return std::make_unique<GraphWork>(work); }

}  // namespace bench::libtorch
