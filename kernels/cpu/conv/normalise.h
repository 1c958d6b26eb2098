// What stands between two convolutions: batch normalisation, ReLU and 2x2 pooling, forward and backward, one body per
// instruction set. Maps as maps.h keeps them; every pointer to a map points at its border. Batch normalisation (Ioffe &
// Szegedy, 2015) is y = z scale + shift with a scale and a shift for each channel:
//     scale = gamma / sqrt(variance + epsilon)        shift = beta - mean scale
// Sums over pixels are taken in float over a few rows, and those in double: a batch has millions of pixels.
#pragma once

#include <cstddef>

#include "kernels/cpu/conv/maps.h"

namespace kernels {

/// Adds a map's sums and sums of squares to those of its channels.
struct MapSums {
  MapSize size;
  const float* z = nullptr;
  double* sum = nullptr;     ///< [C]
  double* square = nullptr;  ///< [C]
};
void add_map_sums(const MapSums& op);

/// y = max(z scale + shift, 0), of the four pixels of a 2x2 window the greatest where `pool`.
struct Activation {
  MapSize size;  ///< of z; pooling passes over a last odd row or column
  const float* z = nullptr;
  const float* scale = nullptr;  ///< [C]
  const float* shift = nullptr;  ///< [C]
  bool pool = false;
  float* y = nullptr;               ///< a map of activated_size(); its inside is written
  std::size_t first = 0, rows = 0;  ///< of y
};
void activate(const Activation& op);

constexpr MapSize activated_size(const MapSize& z, bool pool) {
  return pool ? MapSize{z.height / 2, z.width / 2, z.channels} : z;
}

/// The way back through pooling and ReLU: dr, the gradient of z scale + shift; and its sums for the normalisation.
struct ActivationGradient {
  Activation forward;           ///< y is not looked at
  const float* dy = nullptr;    ///< a map of activated_size()
  const float* mean = nullptr;  ///< [C]
  float* dr = nullptr;          ///< a map like z; its inside is written
  double* sum = nullptr;        ///< [C] += dr
  double* product = nullptr;    ///< [C] += dr (z - mean)
};
void add_activation_gradient(const ActivationGradient& op);

/// The way back through the normalisation, in place: dz = by_dr dr + by_z z + constant, with numbers for each channel
/// that the caller makes of the batch's sums.
struct NormalisationGradient {
  MapSize size;
  const float* z = nullptr;
  const float* by_dr = nullptr;     ///< [C]
  const float* by_z = nullptr;      ///< [C]
  const float* constant = nullptr;  ///< [C]
  float* dz = nullptr;              ///< dr before, dz after
};
void normalisation_gradient(const NormalisationGradient& op);

/// mean [C] of a map's pixels; and the way back: every pixel gets d_mean / pixels.
void map_mean(const MapSize& size, const float* y, float* mean);
void map_mean_gradient(const MapSize& size, const float* d_mean, float* dy);

}  // namespace kernels
