// How a training run ended, in words.
#pragma once

#include "trainer/run/train.h"

namespace app {

inline const char* name_of(trainer::Ending ending) {
  switch (ending) {
    case trainer::Ending::finished:
      return "finished";
    case trainer::Ending::out_of_time:
      return "out of time";
    case trainer::Ending::stopped:
      return "stopped";
    default:
      return "stopped early: validation no longer improves";
  }
}

}  // namespace app
