#include "kernels/cpu/conv/normalise.h"

#include "kernels/cpu/conv/normalise_table.h"
#include "kernels/cpu/isa.h"

namespace kernels {
namespace {

const NormaliseTable& table() {
#if defined(__x86_64__)
  if (active_isa() == Isa::avx512) return avx512::normalise_table();
  if (active_isa() == Isa::avx2) return avx2::normalise_table();
#endif
  return baseline::normalise_table();
}

}  // namespace

void add_map_sums(const MapSums& op) { table().add_map_sums(op); }
void activate(const Activation& op) { table().activate(op); }
void add_activation_gradient(const ActivationGradient& op) { table().add_activation_gradient(op); }
void normalisation_gradient(const NormalisationGradient& op) { table().normalisation_gradient(op); }
void map_mean(const MapSize& size, const float* y, float* mean) { table().map_mean(size, y, mean); }
void map_mean_gradient(const MapSize& size, const float* d_mean, float* dy) {
  table().map_mean_gradient(size, d_mean, dy);
}

}  // namespace kernels
