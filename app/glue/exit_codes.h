// The one map of exit codes, and how an error reaches a person.
#pragma once

#include <exception>
#include <string>

#include "engine/data/error.h"

namespace app {

enum ExitCode : int {
  kDone = 0,
  kInternal = 1,
  kUsage = 2,
  kUnreadable = 3,
  kBadModel = 4,
  kDevice = 5,
  kNotWritten = 6,
  kPartly = 7,
  kInterrupted = 130,
};

/// Options that do not make sense.
struct UsageError : engine::Error {
  using Error::Error;
};
/// Memory or device. (Device errors of kernels carry their own type and map to the same code.)
struct DeviceError : engine::Error {
  using Error::Error;
};
/// Ctrl-C or SIGTERM; what was finished is on disk.
struct Interrupted : engine::Error {
  using Error::Error;
};

/// `error: what: where: why` and, where there is one, `hint: ...`, a line each, without control characters.
std::string format_problem(const engine::Problem& problem);
/// Prints a warning line on standard error.
void warn(const std::string& text);
/// Prints the error on standard error and returns its exit code.
int report(const std::exception& error);

}  // namespace app
