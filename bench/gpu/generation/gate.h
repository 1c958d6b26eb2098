// Whether the GPU's sides compute what the CPU's path does, asked before anything is timed. The CPU's path stands in
// for the definition, which the tests compare it with: replaying a large window in double would take the lease's time.
#pragma once

#include <string>

#include "bench/baselines/libtorch_device.h"
#include "bench/gpu/generation/ours.h"

namespace bench::gpu {

/// Our notes and outputs along them are the CPU's: within kGate, and all pieces but one of three the same.
/// @throws std::runtime_error if not
void check_ours(const std::string& name, const engine::Model& model, const Setting& setting, const Ours& ours);

/// LibTorch, led along the CPU's notes, has the CPU's outputs within what its arithmetic allows; left to itself with
/// the same random numbers, it writes the same pieces, one of three excepted. @throws std::runtime_error if not
void check_theirs(const std::string& name, const engine::Model& model, const Setting& setting,
                  libtorch::Variant variant, libtorch::Place place);

/// Left to themselves with unrelated random numbers, ours and LibTorch's eager form in fp32 write notes of the same
/// distribution (bench/generation/distribution.h). Rounded arithmetic is not asked: at so many pieces a thousandth
/// shows. On the emulator a few pieces, which show that it runs. @throws std::runtime_error if not
void check_free_run(const std::string& name, const engine::Model& model, const Setting& setting, const Ours& ours,
                    libtorch::Place place);

libtorch::Form form_of(engine::StateMode state);
/// As the seed's alpha, beta and temperature are in `setting`.
libtorch::Blend blend_of(const Setting& setting);

}  // namespace bench::gpu
