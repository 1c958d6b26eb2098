// What one H200 can do, on paper: every number that a benchmark of the GPU holds a measurement against. Nothing here
// was measured by this project's own kernels, except where a comment says so; the micro-benchmarks are there to replace
// it.
#pragma once

#include <algorithm>

namespace bench::gpu {

struct Machine {
  int multiprocessors = 132;
  double light_hz = 1.98e9;          ///< SM clock at low load: latencies (seen right after a matrix product)
  double sustained_hz = 1.75e9;      ///< under full load: throughputs
  double tensor_flops = 788e12;      ///< fp16 and bf16, a large cuBLAS product on random data (measured with PyTorch)
  double copy_bytes = 4.3e12;        ///< per second, read plus written (measured with PyTorch)
  double l2_bytes = 5.5e12;          ///< per second, read
  double tensor_per_cycle = 4096;    ///< fp16 FLOP of an SM (data sheet)
  double mma_sync_share = 0.64;      ///< of that, what mma.sync reaches (arXiv 2501.12084); wgmma reaches 0.96
  double float_per_cycle = 2 * 128;  ///< fp32 FLOP of an SM
  double mufu_per_cycle = 16;        ///< exp2, log2, rsqrt, tanh, rcp: results of an SM
};
inline constexpr Machine kH200;

/// Latencies of one exchange or one instruction, in the unit of the name.
struct Latencies {
  double launch_stream_us = 2.1, launch_graph_us = 1.3, launch_dependent_us = 0.8;  ///< from kernel to kernel
  double grid_sync_us = 1.5, flag_barrier_us = 0.85, tagged_us = 0.45;              ///< 128 blocks
  double dsmem_cycles = 225, cluster_barrier_cycles = 250;
  double mma_cycles = 33;  ///< m16n8k16, from accumulator to accumulator
  double shared_load_cycles = 30, block_barrier_cycles = 35;
};
inline constexpr Latencies kLatencies;

enum class Arithmetic { fp32, fp16 };

/// A network of the seed's family and how it is asked.
struct Task {
  int layers = 1, hidden = 128, inputs = 3;
  int candidates = 128;
  int window = 25;  ///< notes that are read for each one; 1 where the state is carried
  bool carry = false;
  bool encloser = false;
  int batch = 1;
};

/// Arithmetic of one note of one piece.
constexpr double flop_per_note(const Task& t) {
  const double h = t.hidden, step = 8 * h * (t.inputs + h) + (t.layers - 1) * 16 * h * h;
  return (t.carry ? 1 : t.window) * step + 2 * h * (t.candidates + 2);
}
/// Five transcendentals a unit and step with the hardware's tanh; one a candidate to draw, six with the emotion score.
constexpr double mufu_per_note(const Task& t) {
  const double steps = t.carry ? 1 : t.window;
  return steps * 5 * t.layers * t.hidden + (t.encloser ? 6 : 1) * t.candidates;
}
/// Cycles of an SM's four schedulers: 39 for 128 units of one step, 28 to draw among 128 candidates, 38 to score them.
constexpr double issue_cycles_per_note(const Task& t) {
  const double steps = t.carry ? 1 : t.window;
  return (steps * t.layers * t.hidden * 39 + t.candidates * (t.encloser ? 66 : 28)) / 128;
}

/// Seconds that the busiest unit of all SMs needs for one note of every piece.
constexpr double resource_seconds(const Task& t, Arithmetic arithmetic) {
  const double chip_hz = kH200.multiprocessors * kH200.sustained_hz;
  const double product = arithmetic == Arithmetic::fp16 ? flop_per_note(t) / kH200.tensor_flops
                                                        : flop_per_note(t) / (kH200.float_per_cycle * chip_hz);
  const double cell = std::max(mufu_per_note(t) / kH200.mufu_per_cycle, issue_cycles_per_note(t)) / chip_hz;
  return t.batch * std::max(product, cell);
}

/// Seconds from one note to the next however few the pieces: the chain of what must wait for one another, windows
/// advanced as staggered states.
constexpr double chain_seconds(const Task& t) {
  if (t.layers == 1 && t.hidden <= 128) {
    // heads 217, choosing 245, input and cell 135, storing h 55 cycles; staggered: the note goes round a cluster
    return (650 + (t.carry ? 0 : 230)) / kH200.light_hz;
  }
  if (t.hidden <= 256) return t.carry ? 1.4e-6 : 1.8e-6;  // on one cluster of 16 blocks
  // h of each layer and the token go through L2; table row, cells and input products 0.7 us; 1.5 us for 100 columns
  return (t.layers + 1) * kLatencies.tagged_us * 1e-6 + (t.carry ? 0.7e-6 : 2.2e-6);
}

/// No version can be much faster than this: seconds for one note of every piece.
constexpr double floor_seconds(const Task& t, Arithmetic arithmetic) {
  return std::max(resource_seconds(t, arithmetic), chain_seconds(t));
}

/// One rung of the fusion ladder as it was predicted before it was built, in fp16; microseconds per note of every
/// piece; 0: does not apply. "chords" is the network of three layers of 512, "classical" that of three of 256.
struct RungPrediction {
  const char* rung;
  const char* fuses;
  double launches;                               ///< per note, seed in window mode, encloser on
  double seed_window, seed_carry;                ///< one piece, launched as a graph where there are launches
  double seed_window_stream, seed_carry_stream;  ///< launched one by one
  double seed_carry_16384;
  double chords_carry, chords_carry_1024;  ///< graph; one piece, 1,024 pieces
  /// One piece, on one cluster: five ways across it (h of three layers, outputs, note) of 225 cycles, two W_ih and the
  /// heads of 16 dependent multiplications each, three cells, a choice: 1.7 us; with what hides less well than on paper
  /// 3 us. A window's four tiles of columns are 1 us more of tensor cores.
  double classical_carry = 0, classical_window = 0;
};

inline constexpr RungPrediction kLadder[] = {
    {"unfused", "nothing: each operation is a kernel, products by cuBLAS", 350, 480, 80, 770, 130, 300, 80, 260},
    {"pointwise", "the LSTM cell; choosing a note", 60, 95, 14, 150, 22, 55, 22, 75},
    {"cell", "gate product with the cell; the heads; score, blend, softmax and draw", 28, 40, 4.2, 62, 6.6, 25, 9, 36},
    {"window", "all steps of a window", 3, 11, 0, 14, 0, 0, 0, 0},
    {"note", "everything of a note, in one launch", 1, 8.5, 2.0, 9.5, 2.9, 16, 6.8, 28},
    {"loop", "all notes of a piece, in one launch, weights on chip", 0, 7.0, 0.9, 7.0, 0.9, 14, 6, 26, 3.0},
    {"overlap", "the recurrent product runs while the note is chosen", 0, 6.8, 0.7, 6.8, 0.7, 14, 5.3, 26},
    {"staggered", "W states advance by one note instead of one by W", 0, 2.2, 0, 2.2, 0, 0, 0, 0},
    {"cluster", "the staggered states on four blocks", 0, 1.0, 0, 1.0, 0, 0, 0, 0, 0, 4.0},
};

/// The prediction of a rung for a task it was made for; 0 where there is none. @param encloser-on figures stand for off
constexpr double predicted_us(const RungPrediction& rung, const Task& t, bool graphs) {
  const bool seed = t.layers == 1 && t.hidden == 128, chords = t.layers == 3 && t.hidden == 512;
  const bool classical = t.layers == 3 && t.hidden == 256;
  if (seed && t.batch == 1 && !t.carry) return graphs ? rung.seed_window : rung.seed_window_stream;
  if (seed && t.batch == 1) return graphs ? rung.seed_carry : rung.seed_carry_stream;
  if (seed && t.batch == 16384 && t.carry) return rung.seed_carry_16384;
  if (chords && t.batch == 1 && t.carry) return rung.chords_carry;
  if (chords && t.batch == 1024 && t.carry) return rung.chords_carry_1024;
  if (classical && t.batch == 1) return t.carry ? rung.classical_carry : rung.classical_window;
  return 0;
}

}  // namespace bench::gpu
