// Stands in where LibTorch was built without CUDA.
#include <stdexcept>

#include "bench/baselines/libtorch_graph.h"

namespace bench::libtorch {

std::string cuda_why_not() { return "this LibTorch was built without CUDA"; }
void wait_for_gpu() { throw std::logic_error("LibTorch without CUDA: ask cuda_why_not() first"); }
std::unique_ptr<CapturedWork> capture(const std::function<void()>&) {
  throw std::logic_error("LibTorch without CUDA: ask cuda_why_not() first");
}

}  // namespace bench::libtorch
