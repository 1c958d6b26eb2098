// The fused steps against plain loops in double, and against themselves in other tiles.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/cpu/packed.h"
#include "kernels/cpu/step.h"
#include "kernels/math/philox.h"
#include "tests/kernels/cpu_levels.h"

namespace kernels {
namespace {

constexpr double kHalfUlp = 0x1p-24;

std::vector<float> draw(std::size_t count, std::uint64_t seed, double bound) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Words4 words = random_words(seed, 0, static_cast<std::uint32_t>(i), Purpose::kWeights);
    values[i] = static_cast<float>((2 * uniform(words.w[0]) - 1) * bound);
  }
  return values;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A layer with weights of its own and `count` columns in fresh memory.
struct Layer {
  Layer(const StepTable& table, int below_, int hidden_, int count_, double gain = 1)
      : steps(table), below(below_), hidden(hidden_), count(count_) {
    const double bound = gain / std::sqrt(static_cast<double>(hidden));
    w_ih = draw(std::size_t{4} * hidden * below, 1, bound);
    w_hh = draw(std::size_t{4} * hidden * hidden, 2, bound);
    b_ih = draw(std::size_t{4} * hidden, 3, bound);
    b_hh = draw(std::size_t{4} * hidden, 4, bound);
    packed = pack_lstm({w_ih.data(), w_hh.data(), b_ih.data(), b_hh.data(), below, hidden}, steps.lanes);
    width = packed.groups * steps.lanes;
    x = draw(static_cast<std::size_t>(count) * (below + 1), 5, 1);
    h = draw(static_cast<std::size_t>(count) * width, 6, 1);
    c = draw(static_cast<std::size_t>(count) * width, 7, 2);
    for (int column = 0; column < count; ++column) {  // padding units start at zero, as a piece's do
      for (int j = hidden; j < width; ++j) h[column * width + j] = c[column * width + j] = 0;
    }
    out.assign(h.size(), NAN);
    const std::vector<float> rows = draw(std::size_t{4} * hidden, 8, 1);
    input.assign(std::size_t{4} * width, 0);
    pack_gates(rows.data(), 1, hidden, steps.lanes, input.data());
  }

  std::vector<LstmColumn> columns(int first, int size) {
    std::vector<LstmColumn> list;
    for (int i = first; i < first + size; ++i) {
      list.push_back({x.data() + i * (below + 1), h.data() + i * width, with_input ? input.data() : nullptr,
                      c.data() + i * width, out.data() + i * width});
    }
    return list;
  }

  void run(int first, int size, int first_group, int last_group) {
    const std::vector<LstmColumn> list = columns(first, size);
    steps.lstm({.weights = packed.weights.view(),
                .bias = packed.bias.data(),
                .below = below,
                .hidden = hidden,
                .x_terms = below,
                .h_terms = h_terms(),
                .first_group = first_group,
                .last_group = last_group,
                .columns = list.data(),
                .count = size});
  }
  void run() { run(0, count, 0, packed.groups); }
  int h_terms() const { return from_zero ? 0 : hidden; }

  const StepTable& steps;
  int below, hidden, count, width = 0;
  bool with_input = false, from_zero = false;
  std::vector<float> w_ih, w_hh, b_ih, b_hh, x, h, c, out, input;
  PackedLstm packed;
};

/// Pre-activation of one gate of one unit in double, and the sum of what was added up in absolute value.
struct Sum {
  double value = 0, size = 0;
  void add(double a, double b) {
    value += a * b;
    size += std::abs(a * b);
  }
};

Sum gate_of(const Layer& l, int column, int gate, int unit, const std::vector<float>& h) {
  const int row = gate * l.hidden + unit;
  Sum sum;
  sum.add(l.b_ih[row], 1);
  sum.add(l.b_hh[row], 1);
  for (int k = 0; k < l.below; ++k) sum.add(l.w_ih[row * l.below + k], l.x[column * (l.below + 1) + k]);
  for (int k = 0; k < l.h_terms(); ++k) sum.add(l.w_hh[row * l.hidden + k], h[column * l.width + k]);
  const int lanes = l.steps.lanes;
  if (l.with_input) sum.add(l.input[(unit / lanes * 4 + gate) * lanes + unit % lanes], 1);
  return sum;
}

/// Runs the layer and compares with the double loop. A sum of K terms in fp32 is off by at most K half-ulps of the sum
/// of absolute values (two each where multiply-add rounds twice), the gates pass that on with slopes of at most 1 (c
/// multiplies the forget gate's), and 16 half-ulps bound the cell.
void expect_double_loop(Layer& l) {
  const std::vector<float> h = l.h, c = l.c;
  l.run();
  const double terms = 2.0 * (l.below + l.hidden + 4);
  for (int column = 0; column < l.count; ++column) {
    for (int unit = 0; unit < l.hidden; ++unit) {
      Sum gates[4];
      double size = 0;
      for (int gate = 0; gate < 4; ++gate) {
        gates[gate] = gate_of(l, column, gate, unit, h);
        size += gates[gate].size;
      }
      const double old = c[column * l.width + unit];
      const double next = sigmoid(gates[1].value) * old + sigmoid(gates[0].value) * std::tanh(gates[2].value);
      const double tolerance = kHalfUlp * (terms * size + 16) * (1 + std::abs(old)) + 1e-13;
      ASSERT_NEAR(l.c[column * l.width + unit], next, tolerance) << "column " << column << ", unit " << unit;
      ASSERT_NEAR(l.out[column * l.width + unit], sigmoid(gates[3].value) * std::tanh(next), tolerance);
    }
    for (int unit = l.hidden; unit < l.width; ++unit) {
      ASSERT_EQ(l.out[column * l.width + unit], 0.0f) << "padding unit " << unit;
      ASSERT_EQ(l.c[column * l.width + unit], 0.0f) << "padding unit " << unit;
    }
  }
}

using CpuStep = support::EachLevel;

TEST_P(CpuStep, LstmEqualsTheDoubleLoopForAnySize) {
  const StepTable& table = step_table(GetParam());
  for (const int hidden : {1, 5, 16, 17, 100, 128}) {
    for (const int below : {0, 1, 19}) {
      for (const int count : {1, 2, 3, 7}) {
        SCOPED_TRACE(testing::Message() << "hidden " << hidden << ", below " << below << ", columns " << count);
        Layer layer(table, below, hidden, count);
        layer.with_input = below == 0;
        expect_double_loop(layer);
      }
    }
  }
}

TEST_P(CpuStep, LstmEqualsTheDoubleLoopWhereGatesSaturate) {
  Layer layer(step_table(GetParam()), 9, 33, 4, /*gain=*/60);
  expect_double_loop(layer);
}

TEST_P(CpuStep, AColumnFromZeroReadsNoOutput) {
  Layer layer(step_table(GetParam()), 6, 21, 3);
  layer.from_zero = true;
  for (float& v : layer.h) v = NAN;
  expect_double_loop(layer);
}

TEST_P(CpuStep, BitsDoNotDependOnTheTile) {
  const StepTable& table = step_table(GetParam());
  constexpr int kColumns = 25;
  for (const int hidden : {17, 128}) {
    Layer together(table, 11, hidden, kColumns);
    together.run();
    for (const int size : {1, 2, 3, 4, 5, 6, 24}) {
      Layer apart(table, 11, hidden, kColumns);
      for (int first = 0; first < kColumns; first += size) {
        const int mine = std::min(size, kColumns - first);
        for (int group = 0; group < apart.packed.groups; ++group) apart.run(first, mine, group, group + 1);
      }
      EXPECT_EQ(std::memcmp(apart.out.data(), together.out.data(), together.out.size() * sizeof(float)), 0) << size;
      EXPECT_EQ(std::memcmp(apart.c.data(), together.c.data(), together.c.size() * sizeof(float)), 0) << size;
    }
  }
}

TEST_P(CpuStep, GroupsOutsideTheRangeStayAsTheyAre) {
  Layer layer(step_table(GetParam()), 3, 100, 5);
  layer.run(0, 5, 1, 3);
  const int lanes = layer.steps.lanes;
  for (int i = 0; i < static_cast<int>(layer.out.size()); ++i) {
    const int group = i % layer.width / lanes;
    EXPECT_EQ(std::isnan(layer.out[i]), group < 1 || group >= 3) << "group " << group;
  }
}

struct Dense {
  Dense(const StepTable& table, int size_, int terms_, int count_)
      : steps(table), size(size_), terms(terms_), count(count_) {
    weight = draw(static_cast<std::size_t>(size) * terms, 11, 1);
    bias = draw(static_cast<std::size_t>(size), 12, 1);
    packed = empty_dense(size, terms, steps.lanes);
    const int cut = size / 2;  // in two pieces, as joint heads are
    pack_dense_rows(packed, 0, cut, weight.data(), bias.data(), steps.lanes);
    pack_dense_rows(packed, cut, size - cut, weight.data() + cut * terms, bias.data() + cut, steps.lanes);
    width = packed.groups * steps.lanes;
    x = draw(static_cast<std::size_t>(count) * terms, 13, 1);
    y.assign(static_cast<std::size_t>(count) * width, NAN);
  }
  void run(int first, int columns, int first_group, int last_group) {
    std::vector<DenseColumn> list;
    for (int i = first; i < first + columns; ++i) list.push_back({x.data() + i * terms, y.data() + i * width});
    steps.dense({packed.weights.view(), packed.bias.data(), terms, first_group, last_group, list.data(), columns});
  }
  const StepTable& steps;
  int size, terms, count, width = 0;
  std::vector<float> weight, bias, x, y;
  PackedDense packed;
};

TEST_P(CpuStep, DenseEqualsTheDoubleLoopAndItsOwnTiles) {
  const StepTable& table = step_table(GetParam());
  for (const int size : {1, 3, 16, 130}) {
    for (const int terms : {1, 37, 128}) {
      Dense whole(table, size, terms, 13), apart(table, size, terms, 13);
      whole.run(0, 13, 0, whole.packed.groups);
      for (int column = 0; column < 13; ++column) {
        for (int group = 0; group < apart.packed.groups; ++group) apart.run(column, 1, group, group + 1);
        for (int row = 0; row < size; ++row) {
          Sum sum;
          sum.add(whole.bias[row], 1);
          for (int k = 0; k < terms; ++k) sum.add(whole.weight[row * terms + k], whole.x[column * terms + k]);
          ASSERT_NEAR(whole.y[column * whole.width + row], sum.value, 2 * (terms + 1) * kHalfUlp * sum.size);
        }
        for (int row = size; row < whole.width; ++row) ASSERT_EQ(whole.y[column * whole.width + row], 0.0f);
      }
      EXPECT_EQ(std::memcmp(whole.y.data(), apart.y.data(), whole.y.size() * sizeof(float)), 0);
    }
  }
}

/// Weights that fp16 holds exactly must give the very bits of fp32: the format is the only difference.
TEST_P(CpuStep, WeightsInFp16ActAsTheNumbersTheyAre) {
  const auto round = [](PackedWeights& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights.floats.data()[i] = to_float(to_half(weights.floats.data()[i]));
  };
  const StepTable& table = step_table(GetParam());
  for (const int columns : {1, 2, 7, 13}) {
    Layer whole(table, 19, 40, columns), half(table, 19, 40, columns);
    round(whole.packed.weights);
    ASSERT_TRUE(half.packed.weights.halve());
    EXPECT_EQ(half.packed.weights.bytes() * 2, whole.packed.weights.bytes());
    whole.run();
    half.run();
    EXPECT_EQ(std::memcmp(half.out.data(), whole.out.data(), whole.out.size() * sizeof(float)), 0) << columns;
    Dense dense(table, 37, 29, columns), thin(table, 37, 29, columns);
    round(dense.packed.weights);
    ASSERT_TRUE(thin.packed.weights.halve());
    dense.run(0, columns, 0, dense.packed.groups);
    thin.run(0, columns, 0, thin.packed.groups);
    EXPECT_EQ(std::memcmp(thin.y.data(), dense.y.data(), dense.y.size() * sizeof(float)), 0) << columns;
  }
}

TEST(PackedWeights, WhatFp16CannotHoldIsLeftAsItIs) {
  for (const float wrong : {65505.0f, -1e9f, INFINITY, NAN}) {
    PackedWeights weights{AlignedFloats(8), {}};
    weights.floats.data()[5] = wrong;
    EXPECT_FALSE(weights.halve()) << wrong;
    EXPECT_EQ(weights.floats.size(), 8u);
  }
}

TEST_P(CpuStep, RowsAreScaledAndAddedInOrder) {
  const StepTable& table = step_table(GetParam());
  const int size = 3 * table.lanes;
  const std::vector<float> a = draw(size, 21, 1), b = draw(size, 22, 1);
  const float* rows[] = {a.data(), b.data()};
  const float scales[] = {1, -2.5f};
  std::vector<float> out(size, NAN);
  table.sum_rows({rows, scales, 2, out.data(), size});
  for (int i = 0; i < size; ++i) {
    EXPECT_NEAR(out[i], double{a[i]} - 2.5 * double{b[i]}, 4 * kHalfUlp * (std::abs(a[i]) + 2.5 * std::abs(b[i])));
  }
}

TEST_P(CpuStep, CurvesAreReluAndTanh) {
  const StepTable& table = step_table(GetParam());
  std::vector<float> relu(2 * table.lanes, -1.0f);
  relu[1] = 2.5f;
  relu[2] = NAN;
  std::vector<float> tanh = relu;
  table.activate(Curve::relu, relu.data(), 3);
  table.activate(Curve::tanh, tanh.data(), 3);
  EXPECT_EQ(relu[0], 0.0f);
  EXPECT_EQ(relu[1], 2.5f);
  EXPECT_TRUE(std::isnan(relu[2]) && std::isnan(tanh[2]));
  EXPECT_NEAR(tanh[0], std::tanh(-1.0), 4 * kHalfUlp);
}

AFFETTO_EACH_LEVEL(CpuStep);

}  // namespace
}  // namespace kernels
