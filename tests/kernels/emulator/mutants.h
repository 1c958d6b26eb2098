// Kernels from which a numbered piece of synchronisation, or of care, is missing: what the emulator is for, tested.
// Number 0 is the kernel as it should be.
#pragma once

#include <cstdint>
#include <vector>

namespace kernels {

struct Mutant {
  const char* kernel;
  int number;
  const char* lacks;
  bool shows;   ///< in wrong values or a fault under some schedule
  bool races;   ///< in a report of the race detector
  bool strays;  ///< to memory that is not its own: the address sanitizer ends the program
};

/// All but the numbers 0.
const std::vector<Mutant>& mutants();
/// Names of the kernels.
const std::vector<const char*>& mutant_kernels();

inline namespace on_emulator {

/// Everything that the kernel writes, as bits, under the current schedule. @throws CudaError
std::vector<std::uint32_t> run_mutant(const Mutant& mutant);

std::vector<std::uint32_t> run_lstm_mutant(int number);
std::vector<std::uint32_t> run_pipeline_mutant(int number);
std::vector<std::uint32_t> run_ring_mutant(int number);

}  // namespace on_emulator
}  // namespace kernels
