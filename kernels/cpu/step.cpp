#include "kernels/cpu/step.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace kernels {

namespace baseline {
const StepTable& step_table();
}
#if defined(__x86_64__)
namespace avx2 {
const StepTable& step_table();
}
namespace avx512 {
const StepTable& step_table();
}
#endif

const StepTable& step_table(Isa isa) {
  if (std::ranges::count(available_isas(), isa) == 0) {
    throw std::invalid_argument(std::string("instruction set ") + name_of(isa) + " is not available on this processor");
  }
#if defined(__x86_64__)
  if (isa == Isa::avx2) return avx2::step_table();
  if (isa == Isa::avx512) return avx512::step_table();
#endif
  return baseline::step_table();
}

}  // namespace kernels
