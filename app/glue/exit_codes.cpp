#include "app/glue/exit_codes.h"

#include <cstdio>
#include <new>

#include "io/errors.h"
#include "kernels/runtime/error.h"

namespace app {
namespace {

/// File names and JSON excerpts may hold anything: one line stays one line.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

int code_of(const engine::Error& error) {
  if (dynamic_cast<const UsageError*>(&error)) return kUsage;
  if (dynamic_cast<const io::FormatError*>(&error)) return kUnreadable;
  if (dynamic_cast<const engine::ModelError*>(&error)) return kBadModel;
  if (dynamic_cast<const DeviceError*>(&error)) return kDevice;
  if (dynamic_cast<const io::WriteError*>(&error)) return kNotWritten;
  if (dynamic_cast<const Interrupted*>(&error)) return kInterrupted;
  return kInternal;
}

}  // namespace

std::string format_problem(const engine::Problem& problem) {
  std::string text = "error: " + one_line(problem.what);
  if (!problem.where.empty()) text += ": " + one_line(problem.where);
  text += ": " + one_line(problem.why) + "\n";
  if (!problem.hint.empty()) text += "hint: " + one_line(problem.hint) + "\n";
  return text;
}

void warn(const std::string& text) { std::fprintf(stderr, "warning: %s\n", one_line(text).c_str()); }

int report(const std::exception& error) {
  if (const auto* known = dynamic_cast<const engine::Error*>(&error)) {
    std::fputs(format_problem(known->problem()).c_str(), stderr);
    return code_of(*known);
  }
  if (dynamic_cast<const kernels::OutOfMemory*>(&error)) {
    std::fputs(format_problem({"compute", "GPU memory", error.what(),
                               "ask for less at once (fewer --count, a smaller model), or use --device cpu"})
                   .c_str(),
               stderr);
    return kDevice;
  }
  if (dynamic_cast<const kernels::CudaError*>(&error)) {
    std::fputs(format_problem({"compute", "GPU", error.what(),
                               "what is finished is on disk; affetto doctor looks at the GPU, --device cpu needs none"})
                   .c_str(),
               stderr);
    return kDevice;
  }
  if (dynamic_cast<const std::bad_alloc*>(&error)) {
    std::fputs(
        format_problem({"run", "", "out of memory", "ask for less at once: fewer --count, a smaller model"}).c_str(),
        stderr);
    return kDevice;
  }
  std::fputs(format_problem({"run", "", std::string("unexpected failure: ") + error.what(),
                             "this is a fault of the program: please report it with the command you ran"})
                 .c_str(),
             stderr);
  return kInternal;
}

}  // namespace app
