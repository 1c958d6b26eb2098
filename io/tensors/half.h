// The two 16-bit floating point formats of weights files. Values only, no arithmetic.
#pragma once

#include <cstdint>

namespace io {

/// IEEE 754 binary16 (5 bits of exponent, 10 of fraction) to float; exact, NaN stays NaN.
float float_from_f16(std::uint16_t bits) noexcept;
/// Rounds to nearest, ties to even; subnormals included. Beyond 65504 + half a step: infinity.
std::uint16_t f16_from_float(float value) noexcept;

/// bfloat16, the upper half of a float, to float; exact.
float float_from_bf16(std::uint16_t bits) noexcept;
/// Rounds to nearest, ties to even; NaN stays NaN.
std::uint16_t bf16_from_float(float value) noexcept;

}  // namespace io
