// A network's weights in 16 bits, in the order in which the kernels of this folder read them.
#pragma once

#include <cstdint>

#include "kernels/device/platform.h"
#include "kernels/generate/network.h"
#include "kernels/generate/rung.h"
#include "kernels/generate/tensor/steps/tile.h"
#include "kernels/math/half.h"
#include "kernels/runtime/buffer.h"

namespace kernels {

/// A matrix, or two beside one another: first's terms come first. Of each, whole slices.
struct PackOp {
  const float* first = nullptr;   ///< [outputs, first_terms]
  const float* second = nullptr;  ///< [outputs, second_terms]; may be null
  int first_terms = 0, second_terms = 0;
  int hidden = 0;  ///< > 0: outputs are 4 hidden gates, eight units with all four to a group
  int outputs = 0, groups = 0;
  std::uint16_t* to = nullptr;  ///< [groups, slices, 32, 32]

  AFFETTO_HD int slices() const { return slices_of(first_terms) + slices_of(second_terms); }
};

/// How an input of the note is added to the first layer's gates.
struct PackedInput {
  int row = 0;  ///< of PackedLayer::outer; a table's first
  int classes = 1;
  NoteField field = NoteField::pitch;
  bool table = false;
  float scale = 1;
};

/// fp32 rows that are added to gates: the bias, then what notes add.
struct OuterOp {
  LayerView layer;
  InputView inputs[kMaxInputs];
  PackedInput packed[kMaxInputs];
  int input_count = 0, rows = 0;
  float* to = nullptr;  ///< [rows, 4, padded(H)]
};

struct PackedLayer {
  const std::uint16_t* weights = nullptr;  ///< [groups, slices, 32, 32]
  const float* outer = nullptr;            ///< [1 + rows of inputs, 4, width]
  int own_slices = 0, slices = 0;          ///< of the layer's own state, and in all
  int width = 0;                           ///< padded(H)
  AFFETTO_HD int groups() const { return width / kGroupUnits; }
};

struct PackedDense {
  const std::uint16_t* weights = nullptr;  ///< [groups, slices, 32, 32]
  int groups = 0, slices = 0;
};

inline namespace AFFETTO_PLATFORM {

/// Calls run.operator()<Element>() with the operands' format.
template <class Run>
void with_operands(Precision precision, const Run& run) {
  precision == Precision::fp16 ? run.template operator()<Half>() : run.template operator()<Bfloat16>();
}

class PackedNetwork {
 public:
  /// Enqueues the packing; the network's memory is not read later, but for biases of dense layers.
  PackedNetwork(const NetworkView& network, Precision precision, StreamRef stream);

  Precision precision() const { return precision_; }
  const PackedLayer& layer(int l) const { return layers_[l]; }
  const PackedDense& dense(int i) const { return readout_[i]; }
  const PackedInput* inputs() const { return inputs_; }

 private:
  void pack_layer(const NetworkView& network, int l, StreamRef stream);
  std::uint16_t* pack(PackOp op, StreamRef stream);

  Precision precision_;
  PackedLayer layers_[kMaxLayers];
  PackedDense readout_[kMaxReadout];
  PackedInput inputs_[kMaxInputs];
  DeviceBuffer<std::uint16_t> weights_[kMaxLayers + kMaxReadout];
  DeviceBuffer<float> outer_[kMaxLayers];
  int packed_ = 0;
};

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
