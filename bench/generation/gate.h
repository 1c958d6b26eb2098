// Whether both sides compute the same, asked before anything is timed.
#pragma once

#include <string>

#include "bench/baselines/libtorch.h"
#include "bench/generation/affetto.h"

namespace bench {

/// Our decoder writes pieces; LibTorch, given the same notes, must have the same outputs at every note within kGate;
/// then, left to itself with the same random numbers, it must write the same pieces (one may part at a rounding tie).
/// @throws std::runtime_error if not
void check_generation(const std::string& name, const engine::Model& model, libtorch::Form form);

/// Both left to themselves with unrelated random numbers: the same distribution of notes (distribution.h).
/// @throws std::runtime_error if not
void check_free_run(const std::string& name, const engine::Model& model, libtorch::Form form);

}  // namespace bench
