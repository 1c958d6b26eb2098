// A CUDA call or launch that failed; the emulator's faults are of these types too.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace kernels {

/// what() is "place: call: name (text)".
struct CudaError : std::runtime_error {
  /// @param call   what was asked: a function of the runtime, or the kernel's name
  /// @param place  file:line, or which object it was about
  /// @param name   the error's name, such as cudaErrorInvalidValue
  /// @param text   its explanation and, where there is one, the next thing to do
  CudaError(std::string call_, std::string place_, std::string name_, std::string text_)
      : std::runtime_error((place_.empty() ? "" : place_ + ": ") + call_ + ": " + name_ + " (" + text_ + ")"),
        call(std::move(call_)),
        place(std::move(place_)),
        name(std::move(name_)),
        text(std::move(text_)) {}

  std::string call, place, name, text;
};

/// The device's or the pinned host memory did not suffice: a smaller batch may do.
struct OutOfMemory : CudaError {
  using CudaError::CudaError;
};

}  // namespace kernels
