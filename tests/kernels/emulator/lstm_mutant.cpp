#include "tests/kernels/emulator/lstm_mutant.h"

#include <bit>
#include <stdexcept>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/math/lstm.h"
#include "kernels/math/philox.h"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/emulator/mutants.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

using Op = LstmMutantOp;

struct Layout {
  // 8 elements of padding keep rows of 16 bytes apart
  alignas(16) Half recurrent[Op::kGates][Op::kHidden + 8];
  alignas(16) Half h[Op::kRows][Op::kHidden + 8];
  float head[Op::kCandidates][Op::kHidden + 1];
  float added[Op::kRows][Op::kGates + 1];  // by each row's input
  float logits[Op::kRows][Op::kCandidates + 1];
  int token[Op::kRows];
};

template <int kMutation>
void load(Layout& s, const Op& op, int first_row) {
  const int t = static_cast<int>(threadIdx.x);
  for (int i = t; i < Op::kGates * Op::kHidden; i += Op::kThreads) {
    s.recurrent[i / Op::kHidden][i % Op::kHidden] = op.recurrent[i];
  }
  for (int i = t; i < Op::kCandidates * Op::kHidden; i += Op::kThreads) {
    s.head[i / Op::kHidden][i % Op::kHidden] = op.head[i];
  }
  for (int i = t; i < Op::kRows * Op::kHidden; i += Op::kThreads) s.h[i / Op::kHidden][i % Op::kHidden] = to_half(0);
  for (int i = t; i < Op::kRows * Op::kGates; i += Op::kThreads) {
    const int row = i / Op::kGates, gate = i % Op::kGates;
    s.added[row][gate] = op.table[first_token(first_row + row) * Op::kGates + gate];
  }
  if constexpr (kMutation != 1) __syncthreads();
}

// Gates of 16 rows and this warp's 16 units: [gate][half of the units][fragment].
template <int kMutation>
void product(const Layout& s, float (&gates)[4][2][4]) {
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (unsigned k = 0; k < Op::kHidden; k += 16) {
    std::uint32_t a[4];
    dev::ldmatrix(a, &s.h[lane % 16][k + (kMutation == 7 ? 1 - lane / 16 : lane / 16) * 8]);
    for (unsigned gate = 0; gate < 4; ++gate) {
      for (unsigned half = 0; half < 2; ++half) {
        std::uint32_t b[2];
        dev::ldmatrix(b, &s.recurrent[gate * Op::kHidden + warp * 16 + half * 8 + lane % 8][k + lane / 8 % 2 * 8]);
        dev::mma<Half>(gates[gate][half], a, b);
      }
    }
  }
}

void logits(Layout& s) {
  for (unsigned i = threadIdx.x; i < Op::kRows * Op::kCandidates; i += Op::kThreads) {
    const unsigned row = i % Op::kRows, candidate = i / Op::kRows;
    float sum = 0;
    for (int j = 0; j < Op::kHidden; ++j) sum += s.head[candidate][j] * to_float(s.h[row][j]);
    s.logits[row][candidate] = sum;
  }
}

// A warp chooses for four rows, and fetches what their choice adds to the gates.
template <int kMutation>
void choose(Layout& s, const Op& op, int first_row, int step) {
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  for (int row = warp * 4; row < warp * 4 + 4; ++row) {
    float best = s.logits[row][lane];
    int at = lane;
    for (int other = 16; other > 0; other /= 2) {
      const float score = __shfl_xor_sync(0xffffffffu, best, other);
      const int where = __shfl_xor_sync(0xffffffffu, at, other);
      if (score > best || (score == best && where < at)) best = score, at = where;
    }
    if (lane == 0) s.token[row] = at;
    if constexpr (kMutation != 6) __syncwarp();
    const int token = s.token[row];
    for (int i = lane; i < Op::kGates; i += 32) {
      s.added[row][i] = op.table[(token & (Op::kCandidates - 1)) * Op::kGates + i];
    }
    if (lane == 1 && (kMutation == 8 || first_row + row < op.rows)) {
      op.tokens[(first_row + row) * Op::kSteps + step] = token;
    }
  }
}

// One block owns 16 rows; a warp owns 16 units of them and keeps their c in registers.
template <int kMutation>
__global__ void __launch_bounds__(Op::kThreads) lstm(const __grid_constant__ Op op) {
  Layout& s = dev::smem<Layout>();
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int first_row = static_cast<int>(blockIdx.x) * Op::kRows;
  const auto row_of = [&](int i) { return lane / 4 + i / 2 * 8; };
  const auto unit_of = [&](int half, int i) { return warp * 16 + half * 8 + lane % 4 * 2 + i % 2; };
  load<kMutation>(s, op, first_row);
  CellState state[2][4] = {};
  for (int step = 0; step < Op::kSteps; ++step) {
    float gates[4][2][4] = {};
    product<kMutation>(s, gates);
    for (int half = 0; half < 2; ++half) {
      for (int i = 0; i < 4; ++i) {
        const float* added = s.added[row_of(i)];
        const auto gate = [&](int g) { return gates[g][half][i] + added[g * Op::kHidden + unit_of(half, i)]; };
        state[half][i] = lstm_cell_unit(gate(0), gate(1), gate(2), gate(3), state[half][i].c);
      }
    }
    if constexpr (kMutation != 3) __syncthreads();  // all have read h
    for (int half = 0; half < 2; ++half) {
      for (int i = 0; i < 4; ++i) s.h[row_of(i)][unit_of(half, i)] = to_half(state[half][i].h);
    }
    if constexpr (kMutation != 4) __syncthreads();
    logits(s);
    if constexpr (kMutation != 5) __syncthreads();
    choose<kMutation>(s, op, first_row, step);
    if constexpr (kMutation != 2) __syncthreads();
  }
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < 4; ++i) {
      if (first_row + row_of(i) < op.rows) {
        op.h[(first_row + row_of(i)) * Op::kHidden + unit_of(half, i)] = state[half][i].h;
      }
    }
  }
}

using Kernel = void (*)(Op);

Kernel kernel_of(int mutation) {
  constexpr Kernel kKernels[] = {lstm<0>, lstm<1>, lstm<2>, lstm<3>, lstm<4>, lstm<5>, lstm<6>, lstm<7>, lstm<8>};
  if (mutation < 0 || mutation > 8) throw std::invalid_argument("lstm mutants are 0 to 8");
  return kKernels[mutation];
}

std::vector<float> uniforms(std::size_t count, float size, std::uint32_t stream) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = uniform(random_words(/*seed=*/11, i, stream, Purpose::kWeights).w[0]);
    values[i] = size * static_cast<float>(2 * u - 1);
  }
  return values;
}

template <typename T>
DeviceBuffer<T> uploaded(StreamRef stream, const std::vector<T>& host) {
  DeviceBuffer<T> buffer(stream, host.size());
  buffer.upload(host);
  return buffer;
}

}  // namespace

LstmMutantRun run_lstm(int mutation) {
  LstmMutantRun run;
  run.rows = 2 * Op::kRows - 3;  // the last block has a tail
  const auto rows = static_cast<std::size_t>(run.rows);
  for (const float x : uniforms(Op::kGates * Op::kHidden, 1.0f / Op::kHidden, 0)) run.recurrent.push_back(to_half(x));
  run.table = uniforms(Op::kCandidates * Op::kGates, 2.0f, 1);
  run.head = uniforms(Op::kCandidates * Op::kHidden, 0.125f, 2);
  const Stream stream;
  const DeviceBuffer<Half> recurrent = uploaded(stream, run.recurrent);
  const DeviceBuffer<float> table = uploaded(stream, run.table), head = uploaded(stream, run.head);
  const DeviceBuffer<int> tokens(stream, rows * Op::kSteps);
  const DeviceBuffer<float> h(stream, rows * Op::kHidden);
  launch("lstm_mutant", kernel_of(mutation), {.grid = 2, .block = Op::kThreads, .shared_bytes = sizeof(Layout)}, stream,
         Op{recurrent.data(), table.data(), head.data(), tokens.data(), h.data(), run.rows});
  run.tokens = tokens.to_host();
  run.h = h.to_host();
  return run;
}

std::vector<std::uint32_t> run_lstm_mutant(int number) {
  const LstmMutantRun run = run_lstm(number);
  std::vector<std::uint32_t> bits;
  for (const int token : run.tokens) bits.push_back(static_cast<std::uint32_t>(token));
  for (const float h : run.h) bits.push_back(std::bit_cast<std::uint32_t>(h));
  return bits;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
