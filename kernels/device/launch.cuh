// The one place where a kernel is launched.
#pragma once

#include <tuple>
#include <type_traits>

#include "kernels/device/shape.h"
#include "kernels/device/words.cuh"
#include "kernels/runtime/stream.h"

#if defined(AFFETTO_EMULATED)
#include "kernels/runtime/host/handles.h"
#else
#include "kernels/runtime/cuda/launch_config.h"
#endif

namespace kernels::inline AFFETTO_PLATFORM {

inline constexpr std::size_t kParameterLimit = 4096;  ///< bytes of parameters that every CUDA version takes

/// Enqueues kernel(args...) and returns at once.
/// @param name  what messages call it
/// @throws CudaError if the launch is refused; what goes wrong in the kernel is thrown by who waits for the stream
template <typename... Params>
void launch(const char* name, void (*kernel)(Params...), const LaunchShape& shape, StreamRef stream,
            const std::type_identity_t<Params>&... args) {
  static_assert((std::is_trivially_copyable_v<std::remove_cv_t<Params>> && ...), "parameters are copied as bytes");
  static_assert((sizeof(Params) + ... + 0) <= kParameterLimit, "pass a pointer to device memory instead");
#if defined(AFFETTO_EMULATED)
  emulator::Device::instance().launch(stream_state(stream, name), name, shape, [=] { kernel(args...); });
#else
  const LaunchConfig config(name, reinterpret_cast<const void*>(kernel), shape, stream);
  check(cudaLaunchKernelEx(config.native(), kernel, args...), name);
#endif
}

/// How many clusters of a launch the device can run at once; on the emulator all of them. @throws CudaError
template <typename... Params>
int clusters_at_once([[maybe_unused]] const char* name, [[maybe_unused]] void (*kernel)(Params...),
                     const LaunchShape& shape, [[maybe_unused]] StreamRef stream) {
#if defined(AFFETTO_EMULATED)
  return static_cast<int>(shape.grid.count() / shape.cluster);
#else
  const LaunchConfig config(name, reinterpret_cast<const void*>(kernel), shape, stream);
  int count = 0;
  check(cudaOccupancyMaxActiveClusters(&count, kernel, config.native()), name);
  return count;
#endif
}

}  // namespace kernels::inline AFFETTO_PLATFORM
