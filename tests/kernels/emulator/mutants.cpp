#include "tests/kernels/emulator/mutants.h"

#include <stdexcept>
#include <string_view>

namespace kernels {

const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all = {
      {"lstm", 1, "barrier after the weights are loaded", true, true, false},
      {"lstm", 2, "barrier before the product", true, true, false},
      {"lstm", 3, "barrier between the product and the writing of h", true, true, false},
      {"lstm", 4, "barrier before the logits", true, true, false},
      {"lstm", 5, "barrier before the choice", true, true, false},
      {"lstm", 6, "__syncwarp after the choice", true, true, false},
      {"lstm", 7, "the right column in ldmatrix", true, false, false},
      {"lstm", 8, "mask of the tail rows", true, false, true},
      {"pipeline", 1, "wait for a full stage", true, true, false},
      {"pipeline", 2, "wait for an empty stage", true, true, false},
      {"pipeline", 3, "right parity of the full stage", true, false, false},
      {"pipeline", 4, "right count of arrivals", true, false, false},
      {"pipeline", 5, "right count of bytes", true, false, false},
      {"pipeline", 6, "cluster_sync before the neighbour is read", true, true, false},
      {"pipeline", 7, "cluster_sync before the exit", true, false, false},
      {"pipeline", 8, "fence_proxy_async before the bulk store", false, true, false},
      {"pipeline", 9, "acquire and release at the counter", false, true, false},
      {"pipeline", 10, "mbar_fence_init after the init", true, false, false},
      {"pipeline", 11, "barrier after the init", true, false, false},
      {"pipeline", 12, "wait for the bulk store", true, true, false},
      {"ring", 1, "wait for the copies of this tile", true, true, false},
      {"ring", 2, "barrier before the tile is read", true, true, false},
      {"ring", 3, "empty groups at the end", true, true, false},
  };
  return all;
}

const std::vector<const char*>& mutant_kernels() {
  static const std::vector<const char*> all = {"lstm", "pipeline", "ring"};
  return all;
}

inline namespace on_emulator {

std::vector<std::uint32_t> run_mutant(const Mutant& mutant) {
  const std::string_view kernel = mutant.kernel;
  if (kernel == "lstm") return run_lstm_mutant(mutant.number);
  if (kernel == "pipeline") return run_pipeline_mutant(mutant.number);
  if (kernel == "ring") return run_ring_mutant(mutant.number);
  throw std::invalid_argument("no mutant kernel \"" + std::string(kernel) + "\"; wanted lstm, pipeline or ring");
}

}  // namespace on_emulator
}  // namespace kernels
