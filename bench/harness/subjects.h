// The networks, notes and numbers that are compared. Random weights, never zeros: zeros are faster.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model.h"

namespace bench {

/// "1x128": the seed preset. "3x256", "3x512": the same inputs and heads on three layers, window 25 and 100.
/// @throws std::invalid_argument for another name
engine::ModelSpec spec_of(const std::string& name);

/// Random weights, with steps and durations lifted to where notes are, and clusters.
engine::Model random_model(const engine::ModelSpec& spec);

/// @param piece  another piece, other notes
std::vector<engine::Note> random_notes(int count, int piece);

/// |a - b| / |b|, Euclidean; infinity where a value is not finite or the sizes differ.
double relative_error(std::span<const float> a, std::span<const float> b);

/// How far two float32 implementations may lie apart. Sums of up to 1024 products in different orders differ by about
/// sqrt(1024) * 2^-24 = 2e-6 of their size, and recurrent steps add to that.
inline constexpr double kGate = 1e-5;

/// Prints a gate's outcome to standard error. @throws std::runtime_error if error > kGate
void check_gate(const std::string& name, double error, double limit = kGate);

/// Runs a check unless one of this name was passed before.
void pass_once(const std::string& name, const std::function<void()>& check);

}  // namespace bench
