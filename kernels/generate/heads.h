// The outputs of all heads of a network, numbered through, for the kernels that take them in one product.
#pragma once

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

}  // namespace kernels
