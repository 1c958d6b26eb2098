// Matrix fragments of a warp, by PTX's layouts (PTX ISA, "Warp Level Matrix Instructions").
#include "kernels/emulator/machine.h"
#include "kernels/emulator/warp.h"
#include "kernels/math/half.h"

namespace kernels::emulator {
namespace {

constexpr unsigned kM = 16, kN = 8, kK = 16;

float element(std::uint32_t pair, unsigned which, bool bfloat16) {
  const auto bits = static_cast<std::uint16_t>(pair >> (16 * which));
  return bfloat16 ? to_float(Bfloat16{bits}) : to_float(Half{bits});
}

}  // namespace

// Lanes 8 m to 8 m + 7 bring the rows of matrix m. Lane l receives of each matrix elements 2 (l % 4) and the next of
// row l / 4; transposed, of column l / 4.
void do_ldmatrix(const WarpCall* const* lanes, bool transposed) {
  const auto operand = [&](unsigned lane) -> LdmatrixOperand& {
    return *static_cast<LdmatrixOperand*>(lanes[lane]->operand);
  };
  for (unsigned lane = 0; lane < kWarpThreads; ++lane) {
    LdmatrixOperand& mine = operand(lane);
    for (unsigned m = 0; m < static_cast<unsigned>(mine.count); ++m) {
      const auto at = [&](unsigned row, unsigned column) { return operand(8 * m + row).row[column]; };
      const unsigned i = lane / 4, j = lane % 4 * 2;
      const std::uint32_t first = transposed ? at(j, i) : at(i, j);
      const std::uint32_t second = transposed ? at(j + 1, i) : at(i, j + 1);
      mine.result[m] = first | second << 16;
    }
  }
}

// With g = lane / 4 and t = lane % 4, a lane holds
//   A rows g (a[0], a[2]) and g + 8 (a[1], a[3]), columns 2 t and 2 t + 1 (a[2], a[3]: + 8)
//   B column g, rows 2 t and 2 t + 1 (b[1]: + 8)
//   D rows g (d[0], d[1]) and g + 8 (d[2], d[3]), columns 2 t and 2 t + 1
// Fragments are the lanes' own, and all indices follow from the lane: there is nothing for a sanitizer to find in what
// is most of the work.
[[gnu::no_sanitize("address", "undefined")]] void do_mma(const WarpCall* const* lanes, bool bfloat16) {
  float a[kM][kK], b[kK][kN], d[kM][kN];
  const auto for_each_d = [&](auto action) {
    for (unsigned lane = 0; lane < kWarpThreads; ++lane) {
      const MmaOperand& mine = *static_cast<const MmaOperand*>(lanes[lane]->operand);
      for (unsigned i = 0; i < 4; ++i) action(mine.d[i], d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2]);
    }
  };
  for (unsigned lane = 0; lane < kWarpThreads; ++lane) {
    const MmaOperand& mine = *static_cast<const MmaOperand*>(lanes[lane]->operand);
    const unsigned g = lane / 4, t = lane % 4;
    for (unsigned e = 0; e < 2; ++e) {
      for (unsigned i = 0; i < 4; ++i) a[g + i % 2 * 8][2 * t + i / 2 * 8 + e] = element(mine.a[i], e, bfloat16);
      for (unsigned i = 0; i < 2; ++i) b[2 * t + i * 8 + e][g] = element(mine.b[i], e, bfloat16);
    }
  }
  for_each_d([](float& theirs, float& ours) { ours = theirs; });
  for (unsigned m = 0; m < kM; ++m) {
    for (unsigned k = 0; k < kK; ++k) {
      for (unsigned n = 0; n < kN; ++n) d[m][n] += a[m][k] * b[k][n];
    }
  }
  for_each_d([](float& theirs, float& ours) { theirs = ours; });
}

}  // namespace kernels::emulator
