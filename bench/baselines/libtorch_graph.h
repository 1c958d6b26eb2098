// The part of the LibTorch baseline that only a LibTorch with CUDA has.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace bench::libtorch {

/// Empty, or why there is no GPU to be used.
std::string cuda_why_not();
/// Waits for everything on the GPU. Only where cuda_why_not() is empty, as all that follows.
void wait_for_gpu();

/// Work that is launched as one.
class CapturedWork {
 public:
  virtual ~CapturedWork() = default;
  virtual void replay() = 0;
};
/// Runs `work` a few times to warm up, then captures it. It must read and write the same tensors every time.
std::unique_ptr<CapturedWork> capture(const std::function<void()>& work);

}  // namespace bench::libtorch
