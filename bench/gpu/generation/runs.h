// The two bodies of our_runs(), one per platform.
#pragma once

#include <memory>

#include "bench/gpu/generation/ours.h"

namespace bench::gpu {
namespace on_cuda {
std::unique_ptr<Runs> make_runs(const engine::Model& model, const Setting& setting, kernels::Fusion fusion,
                                bool graphs);
}
namespace on_emulator {
std::unique_ptr<Runs> make_runs(const engine::Model& model, const Setting& setting, kernels::Fusion fusion,
                                bool graphs);
}
}  // namespace bench::gpu
