// Faults on purpose: the n-th allocation, copy, launch or graph of the emulated device fails as CUDA's would.
#pragma once

#include <string_view>

namespace kernels::emulator {

enum class Fault { kAllocation, kCopy, kLaunch, kGraph };

/// As long as it lives, the nth (from 1) such call from now on fails, once. Scopes replace one another and the
/// environment variable AFFETTO_EMULATOR_FAULT=alloc:3 (alloc|copy|launch|graph).
class FaultScope {
 public:
  FaultScope(Fault fault, int nth);
  ~FaultScope();
  FaultScope(const FaultScope&) = delete;
  FaultScope& operator=(const FaultScope&) = delete;
  /// Whether it has struck yet: a test that injects asks, so that it cannot pass for lack of calls.
  bool struck() const;
};

/// Called where the fault could strike: throws CudaError (OutOfMemory for an allocation) if this is the one.
/// @param call  the call that fails, such as "cudaMalloc"
void maybe_fail(Fault fault, std::string_view call);

}  // namespace kernels::emulator
