// Inside io/files: the owner of a POSIX file descriptor, and the words for a failed system call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "engine/data/error.h"

namespace io {

/// Move-only; closes in silence. Where a failed close must be told (data may still be on its way), call close().
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { (void)close(); }

  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  /// @return 0, or the errno of the failure; the descriptor is gone either way
  int close() noexcept;

 private:
  int fd_ = -1;
};

/// open(2), closed on exec and repeated when a signal interrupts it. @return not open: errno says why
Descriptor open_file(const std::filesystem::path& path, int flags, unsigned mode = 0666) noexcept;

/// Writes all bytes, however many calls that takes. @return 0, or the errno of the first failure
int write_all(int fd, std::span<const std::uint8_t> bytes) noexcept;

/// @return the system's text for an errno: "No space left on device"
std::string errno_text(int error);

/// The problem of a system call that failed with `error` while writing `path`; the hint fits the errno.
engine::Problem write_problem(std::string what, const std::filesystem::path& path, int error);

}  // namespace io
