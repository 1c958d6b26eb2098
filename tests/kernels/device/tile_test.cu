// Fragments of matrices: where each element goes, and what a product is.
#include "tests/kernels/device/micro.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Tile : public MicroTest {};

struct Matrices {
  // 8 elements a row and 8 of padding, so that a wrong stride shows
  alignas(16) std::uint16_t rows[32][16];
};

template <int N, bool kTransposed>
__global__ void load(unsigned* out) {
  Matrices& s = dev::smem<Matrices>();
  const unsigned lane = threadIdx.x;
  for (unsigned column = 0; column < 16; ++column) {
    s.rows[lane][column] = static_cast<std::uint16_t>(column < 8 ? lane * 8 + column : 0xdead);
  }
  __syncwarp();
  std::uint32_t d[N];
  if constexpr (kTransposed) {
    dev::ldmatrix_trans(d, s.rows[lane]);
  } else {
    dev::ldmatrix(d, s.rows[lane]);
  }
  for (unsigned m = 0; m < N; ++m) out[m * 32 + lane] = d[m];
}

template <int N, bool kTransposed>
void expect_load(const std::vector<unsigned>& got) {
  for (unsigned m = 0; m < N; ++m) {
    for (unsigned lane = 0; lane < 32; ++lane) {
      // element (row, column) of matrix m has the value 64 m + 8 row + column
      const unsigned i = lane / 4, j = lane % 4 * 2;
      const unsigned first = kTransposed ? 8 * j + i : 8 * i + j;
      const unsigned second = kTransposed ? 8 * (j + 1) + i : 8 * i + j + 1;
      EXPECT_EQ(got[m * 32 + lane], (64 * m + first) | (64 * m + second) << 16) << "matrix " << m << ", lane " << lane;
    }
  }
}

TEST_P(Tile, LdmatrixGivesEachLaneTwoNeighboursOfARow) {
  const LaunchShape shape{.block = 32, .shared_bytes = sizeof(Matrices)};
  expect_load<1, false>(outputs(32, load<1, false>, shape));
  expect_load<2, false>(outputs(64, load<2, false>, shape));
  expect_load<4, false>(outputs(128, load<4, false>, shape));
}

TEST_P(Tile, LdmatrixTransGivesEachLaneTwoNeighboursOfAColumn) {
  const LaunchShape shape{.block = 32, .shared_bytes = sizeof(Matrices)};
  expect_load<1, true>(outputs(32, load<1, true>, shape));
  expect_load<2, true>(outputs(64, load<2, true>, shape));
  expect_load<4, true>(outputs(128, load<4, true>, shape));
}

// Small whole numbers, exact in both types and in every sum; different for every (row, k) and (k, column) nearby.
__host__ __device__ inline int a_at(int row, int k) { return (row * 5 + k * 3) % 17 - 8; }
__host__ __device__ inline int b_at(int k, int column) { return (k * 7 + column * 2) % 13 - 6; }

struct Operands {
  alignas(16) std::uint16_t a[16][24];
  alignas(16) std::uint16_t b[16][16];  // [k][column]
};

template <typename T>
__global__ void multiply(float* out) {
  Operands& s = dev::smem<Operands>();
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 256; i += 32) {
    s.a[i / 16][i % 16] = from_float<T>(static_cast<float>(a_at(i / 16, i % 16))).bits;
    if (i % 16 < 8) s.b[i / 16][i % 16] = from_float<T>(static_cast<float>(b_at(i / 16, i % 16))).bits;
  }
  __syncwarp();
  std::uint32_t a[4], b[2];
  dev::ldmatrix(a, &s.a[lane % 16][lane / 16 * 8]);
  dev::ldmatrix_trans(b, &s.b[lane % 16][0]);
  const int row = lane / 4, column = lane % 4 * 2;
  float d[4] = {1000, 2000, 3000, 4000};
  dev::mma<T>(d, a, b);
  out[row * 8 + column] = d[0];
  out[row * 8 + column + 1] = d[1];
  out[(row + 8) * 8 + column] = d[2];
  out[(row + 8) * 8 + column + 1] = d[3];
}

void expect_product(const std::vector<float>& got) {
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      int want = (row < 8 ? 1000 : 3000) + (column % 2 == 0 ? 0 : 1000);
      for (int k = 0; k < 16; ++k) want += a_at(row, k) * b_at(k, column);
      EXPECT_EQ(got[row * 8 + column], static_cast<float>(want)) << "row " << row << ", column " << column;
    }
  }
}

TEST_P(Tile, MmaOfHalvesIsTheProductAddedToD) {
  expect_product(outputs(128, multiply<Half>, {.block = 32, .shared_bytes = sizeof(Operands)}));
}

TEST_P(Tile, MmaOfBfloat16IsTheProductAddedToD) {
  expect_product(outputs(128, multiply<Bfloat16>, {.block = 32, .shared_bytes = sizeof(Operands)}));
}

// Each lane's registers by hand, without ldmatrix: the fragment layout itself.
__global__ void by_hand(float* out) {
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, t = lane % 4;
  const auto a_pair = [](int row, int k) {
    return pack(to_half(static_cast<float>(a_at(row, k))), to_half(static_cast<float>(a_at(row, k + 1))));
  };
  const auto b_pair = [](int k, int column) {
    return pack(to_half(static_cast<float>(b_at(k, column))), to_half(static_cast<float>(b_at(k + 1, column))));
  };
  const std::uint32_t a[4] = {a_pair(g, 2 * t), a_pair(g + 8, 2 * t), a_pair(g, 2 * t + 8), a_pair(g + 8, 2 * t + 8)};
  const std::uint32_t b[2] = {b_pair(2 * t, g), b_pair(2 * t + 8, g)};
  float d[4] = {1000, 2000, 3000, 4000};
  dev::mma<Half>(d, a, b);
  for (int i = 0; i < 4; ++i) out[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = d[i];
}

TEST_P(Tile, RegistersOfMmaLieAsDocumented) { expect_product(outputs(128, by_hand, {.block = 32})); }

INSTANTIATE_TEST_SUITE_P(All, Tile, testing::ValuesIn(backends()));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
