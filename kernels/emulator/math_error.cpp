#include "kernels/emulator/math_error.h"

#include <utility>

namespace kernels::emulator {
namespace {

bool errs = true;

}  // namespace

bool math_errs() { return errs; }
ExactMathScope::ExactMathScope() : before_(std::exchange(errs, false)) {}
ExactMathScope::~ExactMathScope() { errs = before_; }

}  // namespace kernels::emulator
