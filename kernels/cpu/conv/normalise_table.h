// What normalise.cpp and normalise_isa.cpp share: the functions of one instruction set.
#pragma once

#include "kernels/cpu/conv/normalise.h"

namespace kernels {

struct NormaliseTable {
  void (*add_map_sums)(const MapSums&);
  void (*activate)(const Activation&);
  void (*add_activation_gradient)(const ActivationGradient&);
  void (*normalisation_gradient)(const NormalisationGradient&);
  void (*map_mean)(const MapSize&, const float*, float*);
  void (*map_mean_gradient)(const MapSize&, const float*, float*);
};

namespace baseline {
const NormaliseTable& normalise_table();
}
namespace avx2 {
const NormaliseTable& normalise_table();
}
namespace avx512 {
const NormaliseTable& normalise_table();
}

}  // namespace kernels
