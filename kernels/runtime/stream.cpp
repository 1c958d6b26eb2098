#include "kernels/runtime/stream.h"

#include <exception>

namespace kernels::inline AFFETTO_PLATFORM {

WaitAtExit::~WaitAtExit() {
  try {
    stream_.synchronize();
  } catch (const std::exception&) {
  }
}

}  // namespace kernels::inline AFFETTO_PLATFORM
