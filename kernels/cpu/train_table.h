// What train.cpp and train_isa.cpp share: the functions of one instruction set.
#pragma once

#include "kernels/cpu/train.h"

namespace kernels {

/// The loss is log(total) + below_top: the logarithm is taken outside, by the C library.
struct SoftmaxParts {
  float below_top;  ///< highest logit minus the target's
  float total;      ///< sum of e^(logit - highest)
  bool correct;
};

struct TrainTable {
  void (*cell_forward)(const TrainCell&);
  void (*cell_backward)(const TrainCell&);
  void (*relu_forward)(float*, std::size_t);
  void (*relu_backward)(const float*, float*, std::size_t);
  void (*tanh_forward)(float*, std::size_t);
  void (*tanh_backward)(const float*, float*, std::size_t);
  SoftmaxParts (*softmax_parts)(const CrossEntropyRow&);
  void (*adam)(const AdamStep&);
};

namespace baseline {
const TrainTable& train_table();
}
namespace avx2 {
const TrainTable& train_table();
}
namespace avx512 {
const TrainTable& train_table();
}

}  // namespace kernels
