// An expression, ready for use: what of a note's choice does not change from note to note.
#pragma once

#include <cstdint>

#include "engine/generate/decoder.h"
#include "kernels/math/philox.h"

namespace engine {

/// -1, 0 or +1.
int sign_of(double x);

struct Voice {
  Voice() = default;
  /// @throws std::invalid_argument for sampling options out of their range
  Voice(const Expression& expression, const PieceKey& key);

  Expression expression;
  PieceKey key;
  int label = 0;                ///< of the encloser: +1 happy, -1 sad, 0 leaves it out
  int pace = 0;                 ///< of the modulation: +1 happy, -1 sad, 0 leaves predictions as they are
  float alpha = 0, beta = 1;    ///< divided by the temperature
  double gamma = 0, delta = 0;  ///< where drawn per piece
};

/// gamma (or delta) of one note's draw, for a modulation of deviation `sigma`.
double modulation_of(const Voice& voice, double sigma, std::uint32_t note, kernels::Purpose purpose);

}  // namespace engine
