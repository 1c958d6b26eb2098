// A model's weights, packed for the processor's fused steps: read-only, shared by decoder and predictor.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/generate/make.h"
#include "engine/generate/network_plan.h"
#include "engine/model/model.h"
#include "kernels/cpu/packed.h"
#include "kernels/cpu/step.h"

namespace engine::cpu {

/// How one input reaches the first layer's gates.
struct InputRows {
  Field field = Field::pitch;
  bool table = false;           ///< rows are chosen by the field's value; else there is one row, scaled by it
  int classes = 1;              ///< rows
  float scale = 1;              ///< of the field's value, where there is one row
  kernels::AlignedFloats rows;  ///< [classes, gates_size]
};

/// One dense layer of the readout: reads floats at `from` of the readout memory (or the last LSTM layer where `from` is
/// kFromState), writes whole groups at `to`.
struct ReadoutLayer {
  static constexpr int kFromState = ReadoutPlan::kFromState;
  kernels::PackedDense dense;
  int from = kFromState, to = 0;
  Activation activation = Activation::linear;
};

class Network {
 public:
  /// @throws ModelError for a model that lacks a tensor, has more pitches than MIDI, or a weight that the format
  ///         cannot hold
  Network(const Model& model, WeightFormat format);

  const kernels::StepTable& steps() const { return *steps_; }
  const ModelSpec& spec() const { return spec_; }
  const std::vector<InputRows>& inputs() const { return inputs_; }
  const std::vector<kernels::PackedLstm>& layers() const { return layers_; }
  const std::vector<ReadoutLayer>& readout() const { return readout_; }
  /// Floats of the first layer's gates: [groups, 4, lanes].
  int gates_size() const { return layers_.front().groups * 4 * steps_->lanes; }
  int readout_size() const { return readout_size_; }
  int candidates() const { return candidates_; }
  /// Candidates rounded up to whole registers; that many floats may be read from logits_at().
  int padded_candidates() const { return kernels::padded(candidates_, steps_->lanes); }
  /// Where the heads' outputs begin in the readout memory.
  int logits_at() const { return logits_at_; }
  int step_at() const { return step_at_; }
  int duration_at() const { return duration_at_; }
  /// Multiplications and additions that one column costs, and bytes of weights it reads.
  double flops_per_column() const;
  double weight_bytes() const;

 private:
  void pack_layers(const Model& model);
  void pack_input(const InputPlan& input);
  void pack_readout(const ReadoutPlan& layer);
  void halve();

  const kernels::StepTable* steps_;
  ModelSpec spec_;
  std::vector<InputRows> inputs_;
  std::vector<kernels::PackedLstm> layers_;
  std::vector<ReadoutLayer> readout_;
  int readout_size_ = 0, candidates_ = 0;
  int logits_at_ = 0, step_at_ = 0, duration_at_ = 0;
};

}  // namespace engine::cpu
