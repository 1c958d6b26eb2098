#include "engine/generate/cpu/network.h"

#include "engine/generate/checks.h"
#include "engine/generate/network_plan.h"
#include "kernels/cpu/isa.h"

namespace engine::cpu {

Network::Network(const Model& model, WeightFormat format)
    : steps_(&kernels::step_table(kernels::active_isa())), spec_(model.spec) {
  const NetworkPlan plan = plan_network(model, steps_->lanes);
  readout_size_ = plan.readout_size;
  candidates_ = plan.candidates;
  logits_at_ = plan.logits_at;
  step_at_ = plan.step_at;
  duration_at_ = plan.duration_at;
  pack_layers(model);
  for (const InputPlan& input : plan.inputs) pack_input(input);
  for (const ReadoutPlan& layer : plan.readout) pack_readout(layer);
  if (format == WeightFormat::fp16) halve();
}

void Network::halve() {
  const auto to_fp16 = [&](kernels::PackedWeights& weights, const std::string& what) {
    if (weights.halve()) return;
    refuse_fp16(spec_.name, what);
  };
  for (std::size_t l = 0; l < layers_.size(); ++l) to_fp16(layers_[l].weights, "LSTM layer " + std::to_string(l));
  for (ReadoutLayer& layer : readout_) to_fp16(layer.dense.weights, "a dense layer or head");
}

void Network::pack_layers(const Model& model) {
  int below = 0;  // the first layer's input comes as rows
  for (std::size_t l = 0; l < spec_.lstm.size(); ++l) {
    const std::string suffix = "_l" + std::to_string(l);
    layers_.push_back(kernels::pack_lstm({.w_ih = model.tensor("lstm.weight_ih" + suffix).values.data(),
                                          .w_hh = model.tensor("lstm.weight_hh" + suffix).values.data(),
                                          .b_ih = model.tensor("lstm.bias_ih" + suffix).values.data(),
                                          .b_hh = model.tensor("lstm.bias_hh" + suffix).values.data(),
                                          .below = below,
                                          .hidden = spec_.lstm[l]},
                                         steps_->lanes));
    below = spec_.lstm[l];
  }
}

void Network::pack_input(const InputPlan& input) {
  const int gates = 4 * spec_.lstm.front();
  InputRows rows{
      .field = input.field, .table = input.table, .classes = input.classes, .scale = input.scale, .rows = {}};
  rows.rows = kernels::AlignedFloats(static_cast<std::size_t>(rows.classes) * gates_size());
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows.classes); ++row) {
    kernels::pack_gates(input.rows.data() + row * gates, 1, spec_.lstm.front(), steps_->lanes,
                        rows.rows.data() + row * gates_size());
  }
  inputs_.push_back(std::move(rows));
}

void Network::pack_readout(const ReadoutPlan& layer) {
  ReadoutLayer packed{.dense = kernels::empty_dense(layer.size, layer.terms, steps_->lanes),
                      .from = layer.from,
                      .to = layer.to,
                      .activation = layer.activation};
  kernels::pack_dense_rows(packed.dense, 0, layer.size, layer.weight.data(), layer.bias.data(), steps_->lanes);
  readout_.push_back(std::move(packed));
}

double Network::flops_per_column() const {
  double flops = 0;
  for (const kernels::PackedLstm& layer : layers_) flops += 2.0 * static_cast<double>(layer.weights.size());
  return flops;
}

double Network::weight_bytes() const {
  double bytes = 0;
  for (const kernels::PackedLstm& layer : layers_) bytes += static_cast<double>(layer.weights.bytes());
  return bytes;
}

}  // namespace engine::cpu
