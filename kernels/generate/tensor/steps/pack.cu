#include "kernels/generate/tensor/steps/pack.cuh"

namespace kernels::inline AFFETTO_PLATFORM {

PackedNetwork::PackedNetwork(const NetworkView& network, Precision precision, StreamRef stream)
    : precision_(precision) {
  int row = 1;  // after the bias
  for (int i = 0; i < network.input_count; ++i) {
    const InputView& input = network.inputs[i];
    const int classes = input.table ? input.classes : 1;
    inputs_[i] = {row, classes, input.field, input.table, input.scale};
    row += classes;
  }
  for (int l = 0; l < network.layer_count; ++l) pack_layer(network, l, stream);
  for (int i = 0; i < network.readout_count; ++i) {
    const DenseView& dense = network.readout[i];
    const int groups = groups_of(dense.size);
    readout_[i] = {
        pack({.first = dense.weight, .first_terms = dense.terms, .outputs = dense.size, .groups = groups}, stream),
        groups, slices_of(dense.terms)};
  }
}

void PackedNetwork::pack_layer(const NetworkView& network, int l, StreamRef stream) {
  const LayerView& view = network.layers[l];
  PackedLayer& layer = layers_[l];
  const int below = l == 0 ? 0 : view.below;
  layer.width = padded(view.hidden);
  layer.own_slices = slices_of(view.hidden);
  layer.slices = layer.own_slices + slices_of(below);
  layer.weights = pack({.first = view.w_hh,
                        .second = view.w_ih,
                        .first_terms = view.hidden,
                        .second_terms = below,
                        .hidden = view.hidden,
                        .outputs = kGates * view.hidden,
                        .groups = layer.groups()},
                       stream);
  OuterOp op{.layer = view, .rows = 1};
  if (l == 0) {
    op.input_count = network.input_count;
    for (int i = 0; i < op.input_count; ++i) {
      op.inputs[i] = network.inputs[i];
      op.packed[i] = inputs_[i];
      op.rows += inputs_[i].classes;
    }
  }
  const std::int64_t count = std::int64_t{op.rows} * kGates * layer.width;
  outer_[l] = DeviceBuffer<float>(stream, static_cast<std::size_t>(count));
  layer.outer = op.to = outer_[l].data();
  launch_elements("pack_outer", pack_outer_kernel, count, stream, op);
}

std::uint16_t* PackedNetwork::pack(PackOp op, StreamRef stream) {
  const std::int64_t count = std::int64_t{op.groups} * op.slices() * kSlice;
  DeviceBuffer<std::uint16_t>& to = weights_[packed_++];
  to = DeviceBuffer<std::uint16_t>(stream, static_cast<std::size_t>(count));
  op.to = to.data();
  with_operands(precision_, [&]<class Element>() { launch_elements("pack", pack_kernel<Element>, count, stream, op); });
  return op.to;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
