// The kernel against its definition, in place and not.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/math/philox.h"
#include "kernels/ops/lstm_cell.h"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct Case {
  const char* name;
  int batch, hidden;
  float sigma;  // of the gates before their activation
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr Case kCases[] = {{"one element", 1, 1, 1.0f},
                           {"under one warp", 3, 31, 1.0f},
                           {"ragged last block", 7, 257, 1.0f},
                           {"saturated gates", 4, 64, 60.0f}};

// c and h are at most 2 here and made of 8 roundings: 3 of logistic and tanh each, and their sum's. Beyond that a gate
// of size x, itself rounded once, moves a function of slope at most 1 by x 2^-24; the saturated case has x up to 300,
// where the slope is below 2^-24.
constexpr Tolerance kTolerance{.abs = 8 * 0x1p-24, .rel = 8 * 0x1p-24};

std::vector<float> normals(std::size_t count, float sigma, std::uint32_t stream) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Words4 words = random_words(/*seed=*/1, i, stream, Purpose::kWeights);
    values[i] = sigma * static_cast<float>(gaussian(words.w[0], words.w[1]));
  }
  return values;
}

struct Host {
  std::vector<float> pre, bias, c_prev, c, h;
  explicit Host(const Case& t) {
    const auto batch = static_cast<std::size_t>(t.batch), hidden = static_cast<std::size_t>(t.hidden);
    pre = normals(batch * 4 * hidden, t.sigma, 0);
    bias = normals(4 * hidden, 0.25f, 1);
    c_prev = normals(batch * hidden, 0.5f, 2);
    c.assign(batch * hidden, std::numeric_limits<float>::quiet_NaN());
    h = c;
    lstm_cell_ref({pre.data(), bias.data(), c_prev.data(), c.data(), h.data(), t.batch, t.hidden});
  }
};

DeviceBuffer<float> uploaded(StreamRef stream, const std::vector<float>& host) {
  DeviceBuffer<float> buffer(stream, host.size());
  buffer.upload(host);
  return buffer;
}

class LstmCellKernel : public DeviceCases<Case> {};

TEST_P(LstmCellKernel, EqualsItsDefinition) {
  const Host host(param());
  DeviceBuffer<float> pre = uploaded(stream(), host.pre), bias = uploaded(stream(), host.bias);
  DeviceBuffer<float> c_prev = uploaded(stream(), host.c_prev);
  DeviceBuffer<float> c(stream(), host.c.size()), h(stream(), host.h.size());
  c.fill(0xff);  // NaN: an element that nobody writes fails
  h.fill(0xff);
  lstm_cell({pre.data(), bias.data(), c_prev.data(), c.data(), h.data(), param().batch, param().hidden}, stream());
  EXPECT_TRUE(close(c.to_host(), host.c, kTolerance));
  EXPECT_TRUE(close(h.to_host(), host.h, kTolerance));
}

TEST_P(LstmCellKernel, MayOverwriteItsOldCell) {
  const Host host(param());
  DeviceBuffer<float> pre = uploaded(stream(), host.pre), bias = uploaded(stream(), host.bias);
  DeviceBuffer<float> c = uploaded(stream(), host.c_prev), h(stream(), host.h.size());
  h.fill(0xff);
  lstm_cell({pre.data(), bias.data(), c.data(), c.data(), h.data(), param().batch, param().hidden}, stream());
  EXPECT_TRUE(close(c.to_host(), host.c, kTolerance));
  EXPECT_TRUE(close(h.to_host(), host.h, kTolerance));
}

TEST_P(LstmCellKernel, RefusesSizesBelowOne) {
  EXPECT_THROW(lstm_cell({.batch = 0, .hidden = 4}, stream()), std::invalid_argument);
  EXPECT_THROW(lstm_cell({.batch = 4, .hidden = 0}, stream()), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, LstmCellKernel,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends())));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
