// The outputs of all heads of a network, numbered through, for the kernels that take them in one product.
#pragma once

#include <string>

#include "kernels/generate/network.h"
#include "kernels/math/annotations.h"

namespace kernels {

/// One output of the heads.
struct HeadOutput {
  float bias = 0;
  int to = -1;  ///< place in the readout row; -1: there is no such output
  HeadCurve curve = HeadCurve::linear;
};

/// Where output number `output` comes from: row `row` of readout layer `layer`; layer = readout_count beyond the last.
struct HeadPlace {
  int layer, row;
};
AFFETTO_HD HeadPlace head_place(const NetworkView& network, int output) {
  int layer = 0;
  while (layer < network.readout_count && output >= network.readout[layer].size)
    output -= network.readout[layer++].size;
  return {layer, output};
}

AFFETTO_HD HeadOutput head_output(const NetworkView& network, int output) {
  const HeadPlace place = head_place(network, output);
  if (place.layer == network.readout_count) return {};
  const DenseView& dense = network.readout[place.layer];
  return {dense.bias[place.row], dense.to + place.row, dense.curve};
}

/// Its row of weights; null beyond the last output.
AFFETTO_HD const float* head_weights(const NetworkView& network, int output) {
  const HeadPlace place = head_place(network, output);
  if (place.layer == network.readout_count) return nullptr;
  const DenseView& dense = network.readout[place.layer];
  return dense.weight + static_cast<long long>(place.row) * dense.terms;
}

/// Empty if all heads read the state and there are no more candidates; else why the rung does not serve the network.
inline std::string why_not_heads(const NetworkView& network, int most_candidates, const std::string& rung) {
  for (int i = 0; i < network.readout_count; ++i) {
    if (network.readout[i].from != DenseView::kFromState) {
      return "the network has dense layers between its state and its heads; " + rung +
             " serves heads that read the state";
    }
  }
  if (network.candidates <= most_candidates) return "";
  return "the network has " + std::to_string(network.candidates) + " candidates; " + rung + " serves up to " +
         std::to_string(most_candidates);
}

}  // namespace kernels
