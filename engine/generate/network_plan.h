// A model's parts in the order in which devices compute them, before any device lays them out for itself.
#pragma once

#include <vector>

#include "engine/model/model.h"

namespace engine {

/// How one input reaches the first layer's gates: one row that is scaled by the field's value, or a row per value.
struct InputPlan {
  Field field = Field::pitch;
  bool table = false;       ///< rows are chosen by the field's value
  float scale = 1;          ///< of the value, where there is one row
  std::vector<float> rows;  ///< [classes, 4H] gate order i f g o
  int classes = 1;
};

/// One dense layer of the readout: reads floats at `from` of the readout row (or the last LSTM layer's output where
/// `from` is kFromState), writes `size` floats at `to`.
struct ReadoutPlan {
  static constexpr int kFromState = -1;
  std::vector<float> weight, bias;  ///< [size, terms] row-major, [size]
  int terms = 0, size = 0;
  Activation activation = Activation::linear;
  int from = kFromState, to = 0;
};

struct NetworkPlan {
  std::vector<InputPlan> inputs;
  std::vector<ReadoutPlan> readout;  ///< in the order in which they can be computed
  int readout_size = 0;
  int candidates = 0;                               ///< of the pitch head
  int logits_at = 0, step_at = 0, duration_at = 0;  ///< within the readout row
};

/// Inputs are folded into the first layer's gates. Linear heads without hidden layers read the same numbers and become
/// one matrix, the pitch first.
/// @param align  every readout layer takes up a multiple of so many floats of the row
/// @throws ModelError for a model that lacks a tensor, or whose pitch head is not of 1 to 128 candidates
NetworkPlan plan_network(const Model& model, int align);

}  // namespace engine
