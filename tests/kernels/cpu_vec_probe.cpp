// The register functions of one level, behind plain pointers.
#include "tests/kernels/cpu_vec_probe.h"

#include "kernels/cpu/lstm_cell.h"
#include "kernels/cpu/vec.h"

namespace kernels::AFFETTO_ISA {
namespace {

template <Vec (*Function)(Vec)>
void map(const float* in, float* out, int count) {
  for (int i = 0; i < count; i += kLanes) {
    const int left = count - i;
    if (left >= kLanes) {
      store(out + i, Function(load(in + i)));
    } else {
      store_first(out + i, Function(load_first(in + i, left)), left);
    }
  }
}

void reduce(const float* in, float* sum_highest_lowest) {
  const Vec v = load(in);
  sum_highest_lowest[0] = sum(v);
  sum_highest_lowest[1] = highest(v);
  sum_highest_lowest[2] = lowest(v);
}

void cell(const float* gates, float c, float* c_and_h) {
  Cells<1> cells;
  for (int gate = 0; gate < 4; ++gate) cells.gates[gate][0] = broadcast(gates[gate]);
  cells.c[0] = broadcast(c);
  advance_cells(cells);
  c_and_h[0] = lowest(cells.c[0]);
  c_and_h[1] = highest(cells.h[0]);
}

}  // namespace

const VecProbe& vec_probe() {
  static constexpr VecProbe kProbe = {.lanes = kLanes,
                                      .exp = map<exp>,
                                      .tanh = map<tanh>,
                                      .sigmoid = map<sigmoid>,
                                      .reciprocal = map<reciprocal>,
                                      .reduce = reduce,
                                      .cell = cell};
  return kProbe;
}

}  // namespace kernels::AFFETTO_ISA
