// Matrix products of every instruction set against three loops in double.
#include "kernels/cpu/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/isa_test.h"

namespace kernels {
namespace {

struct Case {
  std::size_t m, n, k;
};
// One element, under one tile, ragged in every direction, more than one block of rows and of depth.
constexpr Case kCases[] = {{1, 1, 1},      {3, 5, 2},      {8, 32, 16},   {7, 33, 9},    {13, 130, 129},
                           {32, 512, 132}, {250, 70, 300}, {31, 17, 513}, {132, 64, 259}};

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);
  std::vector<float> values(count);
  for (float& v : values) v = value(random);
  return values;
}

class Gemm : public test_support::IsaTest {};

/// Each of K terms of size <= 1 is rounded when it is multiplied (baseline) and when it is added to a sum that stays
/// below K in size; rounding errors add up like a random walk, whose 6-sigma is within 4 sqrt(K) sqrt(K / 3) half-ulps.
double tolerance(std::size_t k) { return 4 * static_cast<double>(k + 1) * 0x1p-24; }

struct Problem {
  Case size;
  bool a_transposed, b_transposed;
  Start start;
  std::vector<float> a, b, bias, c, want;
  std::size_t ldc;
  Product op() {
    return {.m = size.m,
            .n = size.n,
            .k = size.k,
            .a = {a.data(), a_transposed ? size.m + 3 : size.k + 3, a_transposed},
            .b = {b.data(), b_transposed ? size.k + 2 : size.n + 2, b_transposed},
            .c = c.data(),
            .ldc = ldc,
            .start = start,
            .bias = bias.data()};
  }
};

Problem make_problem(const Case& s, bool at, bool bt, Start start) {
  Problem p{s, at, bt, start, {}, {}, {}, {}, {}, s.n + 1};
  p.a = random_floats((at ? s.k : s.m) * (at ? s.m + 3 : s.k + 3), 1);
  p.b = random_floats((bt ? s.n : s.k) * (bt ? s.k + 2 : s.n + 2), 2);
  p.bias = random_floats(s.n, 3);
  p.c = random_floats(s.m * p.ldc, 4);
  if (start != Start::keep) {
    for (float& v : p.c) v = std::numeric_limits<float>::quiet_NaN();  // an element nobody writes fails
    for (std::size_t r = 0; r < s.m; ++r) p.c[r * p.ldc + s.n] = 7;
  }
  p.want = p.c;
  Product ref = p.op();
  ref.c = p.want.data();
  gemm_ref(ref);
  return p;
}

void expect_close(const Problem& p, const char* what) {
  const double allowed = tolerance(p.size.k);
  for (std::size_t r = 0; r < p.size.m; ++r) {
    for (std::size_t c = 0; c < p.size.n; ++c) {
      const std::size_t i = r * p.ldc + c;
      ASSERT_LE(std::abs(double{p.c[i]} - p.want[i]), allowed)
          << what << " " << p.size.m << "x" << p.size.n << "x" << p.size.k << " at " << r << ", " << c << ": got "
          << p.c[i] << ", want " << p.want[i];
    }
    EXPECT_EQ(p.c[r * p.ldc + p.size.n], p.want[r * p.ldc + p.size.n]) << "wrote beyond the last column";
  }
}

TEST_P(Gemm, ProductEqualsReferenceForEveryTransposeAndStart) {
  GemmScratch scratch;
  for (const Case& size : kCases) {
    for (int flags = 0; flags < 4; ++flags) {
      for (const Start start : {Start::zero, Start::keep, Start::bias}) {
        Problem p = make_problem(size, flags & 1, flags & 2, start);
        gemm(p.op(), scratch);
        expect_close(p, "gemm");
      }
    }
  }
}

TEST_P(Gemm, PackedProductEqualsReference) {
  for (const Case& size : kCases) {
    for (const bool transposed : {false, true}) {
      for (const Start start : {Start::zero, Start::keep, Start::bias}) {
        Problem p = make_problem(size, false, transposed, start);
        const Product op = p.op();
        PackedMatrix b(size.k, size.n);
        b.fill(0, 0, size.k, size.n, op.b);
        gemm_packed({.m = size.m,
                     .a = op.a.data,
                     .lda = op.a.ld,
                     .b = &b,
                     .c = op.c,
                     .ldc = op.ldc,
                     .start = start,
                     .bias = op.bias});
        expect_close(p, "gemm_packed");
      }
    }
  }
}

TEST_P(Gemm, MatrixPackedBlockByBlockEqualsPackedAtOnce) {
  const std::size_t rows = 300, columns = 70;
  const std::vector<float> b = random_floats(rows * columns, 5);
  PackedMatrix whole(rows, columns), parts(rows, columns);
  whole.fill(0, 0, rows, columns, {b.data(), columns, false});
  for (const auto& [row, count] : {std::pair<std::size_t, std::size_t>{0, 7}, {7, 260}, {267, 33}}) {
    for (const auto& [column, width] : {std::pair<std::size_t, std::size_t>{0, 41}, {41, 29}}) {
      parts.fill(row, column, count, width, {b.data() + row * columns + column, columns, false});
    }
  }
  const std::vector<float> a = random_floats(5 * rows, 6);
  std::vector<float> from_whole(5 * columns), from_parts(5 * columns);
  gemm_packed({.m = 5, .a = a.data(), .lda = rows, .b = &whole, .c = from_whole.data(), .ldc = columns});
  gemm_packed({.m = 5, .a = a.data(), .lda = rows, .b = &parts, .c = from_parts.data(), .ldc = columns});
  EXPECT_EQ(from_whole, from_parts);
}

TEST_P(Gemm, RowsAndColumnsDoNotDependOnHowTheWorkIsCut) {
  GemmScratch scratch;
  Problem whole = make_problem({45, 130, 300}, true, false, Start::zero);
  Problem cut = whole;
  gemm(whole.op(), scratch);
  for (const auto& [m, rows] : {std::pair<std::size_t, std::size_t>{0, 13}, {13, 32}}) {
    for (const auto& [n, columns] : {std::pair<std::size_t, std::size_t>{0, 37}, {37, 93}}) {
      Product op = cut.op();
      op.m = rows, op.n = columns;
      op.a.data += m, op.b.data += n, op.c += m * op.ldc + n;
      gemm(op, scratch);
    }
  }
  for (std::size_t i = 0; i < whole.c.size(); ++i) {
    if (i % whole.ldc < whole.size.n) {
      ASSERT_EQ(whole.c[i], cut.c[i]) << i;
    }
  }
}

AFFETTO_EVERY_ISA(Gemm);

}  // namespace
}  // namespace kernels
