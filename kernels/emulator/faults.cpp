#include "kernels/emulator/faults.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>

#include "kernels/runtime/error.h"

namespace kernels::emulator {
namespace {

struct Plan {
  Fault fault = Fault::kAllocation;
  int left = 0;  // calls until it strikes; 0: none
};

constexpr std::array<std::string_view, 4> kNames = {"alloc", "copy", "launch", "graph"};

Plan from_environment() {
  const char* text = std::getenv("AFFETTO_EMULATOR_FAULT");
  if (text == nullptr || *text == '\0') return {};
  const std::string_view all = text;
  const std::size_t colon = all.find(':');
  for (std::size_t i = 0; colon != all.npos && i < kNames.size(); ++i) {
    if (all.substr(0, colon) != kNames[i]) continue;
    Plan plan{static_cast<Fault>(i), 0};
    const std::string_view number = all.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), plan.left);
    if (error == std::errc() && end == number.data() + number.size() && plan.left >= 1) return plan;
  }
  throw std::invalid_argument("AFFETTO_EMULATOR_FAULT=" + std::string(all) +
                              ": wanted alloc, copy, launch or graph, a colon, and which (from 1)");
}

Plan& plan() {
  static Plan current = from_environment();
  return current;
}

std::mutex plan_mutex;  // several threads of the host may call the device

}  // namespace

FaultScope::FaultScope(Fault fault, int nth) {
  if (nth < 1) throw std::invalid_argument("FaultScope: nth = " + std::to_string(nth) + "; wanted at least 1");
  const std::scoped_lock lock(plan_mutex);
  plan() = {fault, nth};
}
FaultScope::~FaultScope() {
  const std::scoped_lock lock(plan_mutex);
  plan() = {};
}
bool FaultScope::struck() const {
  const std::scoped_lock lock(plan_mutex);
  return plan().left == 0;
}

void maybe_fail(Fault fault, std::string_view call) {
  const std::scoped_lock lock(plan_mutex);
  Plan& current = plan();
  if (current.left == 0 || current.fault != fault || --current.left > 0) return;
  if (fault == Fault::kAllocation) {
    throw OutOfMemory(std::string(call), "", "cudaErrorMemoryAllocation", "out of memory, injected on purpose");
  }
  const char* name = fault == Fault::kCopy     ? "cudaErrorInvalidValue"
                     : fault == Fault::kLaunch ? "cudaErrorLaunchOutOfResources"
                                               : "cudaErrorUnknown";
  throw CudaError(std::string(call), "", name, "injected on purpose");
}

}  // namespace kernels::emulator
