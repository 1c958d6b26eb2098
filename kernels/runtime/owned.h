// The one owner of handles.
#pragma once

#include <utility>

namespace kernels {

/// Move-only; Destroy is called with the handle, once, if there is one.
template <void (*Destroy)(void*) noexcept>
class Owned {
 public:
  explicit Owned(void* handle = nullptr) noexcept : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_ != nullptr) Destroy(handle_);
  }
  void* get() const noexcept { return handle_; }
  void* release() noexcept { return std::exchange(handle_, nullptr); }

 private:
  void* handle_;
};

}  // namespace kernels
