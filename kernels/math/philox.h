// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A draw depends on (seed, piece, note, purpose) and on nothing else, so a piece is the same alone
// or among ten thousand, on any device and in any order.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/math/annotations.h"

namespace kernels {

/// What a draw is for: the last word of the counter. The only list of purposes; add at the end, never renumber.
enum class Purpose : std::uint32_t {
  kPitch = 0,               ///< the inverse-CDF draw of a note's pitch
  kModulationStep = 1,      ///< the Gaussian g of the step
  kModulationDuration = 2,  ///< the Gaussian g' of the duration
  kGumbel = 3,              ///< Gumbel noise per candidate (the note word holds note * candidates + candidate)
  kWeights = 4,             ///< initial weights of a network
  kShuffle = 5,             ///< order of training examples
  kDropout = 6,             ///< masks in training
  kClusters = 7,            ///< starts of k-means
  kAugment = 8,             ///< how a training picture is turned, moved and covered
};

struct Words4 {
  std::uint32_t w[4];
};

AFFETTO_HD void philox_multiply(std::uint32_t a, std::uint32_t b, std::uint32_t& high, std::uint32_t& low) {
  const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
  high = static_cast<std::uint32_t>(product >> 32);
  low = static_cast<std::uint32_t>(product);
}

/// The ten rounds over one counter.
AFFETTO_HD Words4 philox4x32(Words4 counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    std::uint32_t high0, low0, high1, low1;
    philox_multiply(0xD2511F53u, counter.w[0], high0, low0);
    philox_multiply(0xCD9E8D57u, counter.w[2], high1, low1);
    counter = {{high1 ^ counter.w[1] ^ key0, low1, high0 ^ counter.w[3] ^ key1, low0}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// The four words for one purpose at one note of one piece.
AFFETTO_HD Words4 random_words(std::uint64_t seed, std::uint64_t piece, std::uint32_t note, Purpose purpose) {
  return philox4x32({{static_cast<std::uint32_t>(piece), static_cast<std::uint32_t>(piece >> 32), note,
                      static_cast<std::uint32_t>(purpose)}},
                    static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

/// A word as a number in (0, 1): 24 bits and a half, so neither 0 nor 1, exact in fp32's 24-bit mantissa plus one bit
/// (the largest, 1 - 2^-25, would round to 1 in fp32: use double where that matters).
AFFETTO_HD double uniform(std::uint32_t word) { return ((word >> 8) + 0.5) * 0x1p-24; }

/// One standard Gaussian by Box-Muller on two words (the cosine branch).
AFFETTO_HD double gaussian(std::uint32_t word0, std::uint32_t word1) {
  return std::sqrt(-2.0 * std::log(uniform(word0))) * std::cos(6.283185307179586476925 * uniform(word1));
}

}  // namespace kernels
