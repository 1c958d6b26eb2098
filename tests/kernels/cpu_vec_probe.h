// What the tests may call of the register layer; the probe is compiled once per instruction set.
#pragma once

namespace kernels {

struct VecProbe {
  int lanes;
  void (*exp)(const float* in, float* out, int count);
  void (*tanh)(const float* in, float* out, int count);
  void (*sigmoid)(const float* in, float* out, int count);
  void (*reciprocal)(const float* in, float* out, int count);
  /// sum, highest and lowest of one register
  void (*reduce)(const float* in, float* sum_highest_lowest);
  /// one LSTM cell from its four gates (i f g o) and its old c
  void (*cell)(const float* gates, float c, float* c_and_h);
};

}  // namespace kernels
