// The definition: forward pass, losses and back-propagation through time in double, one formula after the other.
//
//   LSTM layer, gates in PyTorch's order i f g o, zero initial state (Gers, Schmidhuber & Cummins 2000; BPTT after
//   Graves 2012, section 3.2):
//     a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh      i, f, o = logistic(a)   g = tanh(a)
//     c_t = f c_{t-1} + i g                          h_t = o tanh(c_t)
//   With dh = dL/dh_t (from above and from step t + 1) and dc = dL/dc_t from step t + 1:
//     dc += dh o (1 - tanh^2 c_t)
//     da_i = dc g i (1 - i)    da_f = dc c_{t-1} f (1 - f)    da_g = dc i (1 - g^2)    da_o = dh tanh(c_t) o (1 - o)
//     dh_{t-1} = W_hh^T da     dx_t = W_ih^T da     dc_{t-1} = dc f
//   Pitch: -log softmax(y)[k], gradient softmax(y) - onehot(k). Step, duration: (t - y)^2 + 10 max(-y, 0), gradient
//   2 (y - t) - 10 [y < 0]. Each is a mean over the counted targets, times the head's loss weight.
#pragma once

#include <span>
#include <vector>

#include "engine/model/spec.h"
#include "trainer/bptt/layout.h"
#include "trainer/bptt/losses.h"
#include "trainer/data/batch.h"

namespace trainer {

struct ReferenceResult {
  Losses losses;
  std::vector<std::vector<double>> outputs;  ///< per head [T * B, size], after the activation
  std::vector<double> gradients;             ///< dL/dparameters in the layout's order, zeros in the gaps
};

/// @param parameters  layout.size() values
/// @param dropout     apply the spec's dropout with the batch's masks (training), or not (measuring)
ReferenceResult reference_pass(const engine::ModelSpec& spec, const ParameterLayout& layout,
                               std::span<const double> parameters, const Batch& batch, bool dropout = true);

}  // namespace trainer
