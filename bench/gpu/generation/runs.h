// The two bodies of our_runs() and choice_of(), one per platform. In fp32 `ours` says which rung.
#pragma once

#include <memory>

#include "bench/gpu/generation/ours.h"

namespace bench::gpu {
namespace on_cuda {
std::unique_ptr<Runs> make_runs(const engine::Model& model, const Setting& setting, const Ours& ours);
Choice choice_of(const engine::Model& model, engine::StateMode state, const Ours& ours);
}  // namespace on_cuda
namespace on_emulator {
std::unique_ptr<Runs> make_runs(const engine::Model& model, const Setting& setting, const Ours& ours);
Choice choice_of(const engine::Model& model, engine::StateMode state, const Ours& ours);
}  // namespace on_emulator
}  // namespace bench::gpu
