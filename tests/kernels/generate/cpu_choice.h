// What the engine's CPU path chooses, behind an interface that nvcc can read.
#pragma once

#include "kernels/generate/choose.h"

namespace kernels {

/// The pitch that engine::cpu::Chooser draws for a slot; op in host memory, at most 128 candidates.
int cpu_choice(const ChooseOp& op, int slot);

}  // namespace kernels
