// Which of the compiled instruction sets runs. Results are byte-identical within one level, not across levels.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kernels {

enum class Isa { baseline, avx2, avx512 };

/// The levels that this build holds and this processor can run, lowest first.
std::vector<Isa> available_isas();
/// The level in force: the highest available, or what set_isa() or the environment variable AFFETTO_ISA said.
Isa active_isa();
/// Forces a level for everything made from now on; throws std::invalid_argument if it is not available.
void set_isa(Isa isa);
const char* name_of(Isa isa);
std::optional<Isa> find_isa(const std::string& name);

}  // namespace kernels
