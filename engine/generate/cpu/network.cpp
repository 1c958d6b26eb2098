#include "engine/generate/cpu/network.h"

#include <algorithm>

#include "engine/data/error.h"
#include "kernels/cpu/isa.h"

namespace engine::cpu {
namespace {

constexpr int kPitches = 128;      // what MIDI has
constexpr int kPitchValues = 256;  // what Note::pitch can hold

/// Column `column` of the first layer's input weights times `factor`, added to gates[4 hidden].
void add_column(const Tensor& w_ih, int column, double factor, std::vector<double>& gates) {
  const std::size_t columns = static_cast<std::size_t>(w_ih.shape[1]);
  for (std::size_t j = 0; j < gates.size(); ++j) gates[j] += factor * w_ih.values[j * columns + column];
}

/// What a one in class `row` (or, for an embedding, its row of the table) adds to the gates.
std::vector<float> gates_of(const Model& model, const InputSpec& input, int first_column, int row) {
  const Tensor& w_ih = model.tensor("lstm.weight_ih_l0");
  std::vector<double> gates(static_cast<std::size_t>(w_ih.shape[0]), 0.0);
  if (input.encoding == Encoding::embedding) {
    const Tensor& table = model.tensor("pitch_embedding.weight");
    for (int j = 0; j < input.width; ++j) {
      add_column(w_ih, first_column + j, table.values[static_cast<std::size_t>(row) * input.width + j], gates);
    }
  } else {
    add_column(w_ih, first_column + (input.encoding == Encoding::one_hot ? row : 0), 1.0, gates);
  }
  return {gates.begin(), gates.end()};
}

}  // namespace

Network::Network(const Model& model, WeightFormat format)
    : steps_(&kernels::step_table(kernels::active_isa())), spec_(model.spec) {
  candidates_ = spec_.head(Field::pitch).size;
  if (candidates_ < 1 || candidates_ > kPitches) {
    throw ModelError({"prepare model", spec_.name,
                      "its pitch head has " + std::to_string(candidates_) + " candidates, expected 1 to 128",
                      "train a model whose pitch head has one output per MIDI pitch"});
  }
  pack_layers(model);
  pack_inputs(model);
  pack_readout(model);
  if (format == WeightFormat::fp16) halve();
}

void Network::halve() {
  const auto to_fp16 = [&](kernels::PackedWeights& weights, const std::string& what) {
    if (weights.halve()) return;
    throw ModelError({"prepare model", spec_.name, what + " has a weight beyond 65504, the largest number of fp16",
                      "use --precision fp32"});
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

void Network::pack_inputs(const Model& model) {
  int column = 0;
  for (const InputSpec& input : spec_.inputs) {
    InputRows rows;
    rows.field = input.field;
    rows.table = input.encoding != Encoding::scaled;
    rows.classes = rows.table ? std::min(input.classes, kPitchValues) : 1;
    rows.scale = static_cast<float>(input.scale);
    rows.rows = kernels::AlignedFloats(static_cast<std::size_t>(rows.classes) * gates_size());
    for (int row = 0; row < rows.classes; ++row) {
      const std::vector<float> gates = gates_of(model, input, column, row);
      kernels::pack_gates(gates.data(), 1, spec_.lstm.front(), steps_->lanes,
                          rows.rows.data() + static_cast<std::size_t>(row) * gates_size());
    }
    inputs_.push_back(std::move(rows));
    column += input.columns();
  }
}

int Network::append(ReadoutLayer layer) {
  layer.to = readout_size_;
  readout_size_ += layer.dense.groups * steps_->lanes;
  readout_.push_back(std::move(layer));
  return readout_.back().to;
}

int Network::append_dense(const Model& model, const std::string& name, const DenseSpec& spec, int from, int terms) {
  ReadoutLayer layer;
  layer.dense = kernels::empty_dense(spec.size, terms, steps_->lanes);
  kernels::pack_dense_rows(layer.dense, 0, spec.size, model.tensor(name + ".weight").values.data(),
                           model.tensor(name + ".bias").values.data(), steps_->lanes);
  layer.from = from;
  layer.activation = spec.activation;
  return append(std::move(layer));
}

int& Network::place_of(Field field) {
  return field == Field::pitch ? logits_at_ : field == Field::step ? step_at_ : duration_at_;
}

void Network::pack_readout(const Model& model) {
  int from = ReadoutLayer::kFromState, terms = spec_.lstm.back();
  for (std::size_t i = 0; i < spec_.dense.size(); ++i) {
    from = append_dense(model, "dense." + std::to_string(i), spec_.dense[i], from, terms);
    terms = spec_.dense[i].size;
  }
  // Linear heads without hidden layers read the same numbers: one matrix for all of them saves half-empty groups.
  std::vector<const HeadSpec*> joint;
  for (const HeadSpec& head : spec_.heads) {
    if (head.hidden.empty() && head.activation == Activation::linear) {
      joint.push_back(&head);
    } else {
      append_head(model, head, from, terms);
    }
  }
  if (!joint.empty()) append_joint_heads(model, std::move(joint), from, terms);
}

void Network::append_head(const Model& model, const HeadSpec& head, int from, int terms) {
  for (std::size_t i = 0; i < head.hidden.size(); ++i) {
    const std::string name = head.name + "_head.hidden." + std::to_string(i);
    from = append_dense(model, name, head.hidden[i], from, terms);
    terms = head.hidden[i].size;
  }
  place_of(head.field) = append_dense(model, head.name + "_head", {head.size, head.activation}, from, terms);
}

void Network::append_joint_heads(const Model& model, std::vector<const HeadSpec*> heads, int from, int terms) {
  // the pitch first, so that its logits begin on a whole register
  std::ranges::stable_sort(heads, [](const HeadSpec* a, const HeadSpec* b) { return a->size > b->size; });
  int rows = 0;
  for (const HeadSpec* head : heads) rows += head->size;
  ReadoutLayer layer;
  layer.from = from;
  layer.dense = kernels::empty_dense(rows, terms, steps_->lanes);
  rows = 0;
  for (const HeadSpec* head : heads) {
    kernels::pack_dense_rows(layer.dense, rows, head->size, model.tensor(head->name + "_head.weight").values.data(),
                             model.tensor(head->name + "_head.bias").values.data(), steps_->lanes);
    place_of(head->field) = readout_size_ + rows;
    rows += head->size;
  }
  append(std::move(layer));
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
