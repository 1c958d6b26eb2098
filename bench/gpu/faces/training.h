// Rows of training: a rung of the trainer against LibTorch's forms.
#pragma once

#include "bench/gpu/target.h"
#include "bench/harness/contest.h"

namespace bench::gpu {

/// "face_train/RUNG/batch:256/VARIANT"
void add_training_rows(const Timing& timing, Target target);

}  // namespace bench::gpu
