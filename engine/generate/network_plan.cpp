#include "engine/generate/network_plan.h"

#include <algorithm>
#include <string>

#include "engine/data/error.h"

namespace engine {
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

InputPlan plan_input(const Model& model, const InputSpec& input, int first_column) {
  InputPlan plan;
  plan.field = input.field;
  plan.table = input.encoding != Encoding::scaled;
  plan.classes = plan.table ? std::min(input.classes, kPitchValues) : 1;
  plan.scale = static_cast<float>(input.scale);
  for (int row = 0; row < plan.classes; ++row) {
    const std::vector<float> gates = gates_of(model, input, first_column, row);
    plan.rows.insert(plan.rows.end(), gates.begin(), gates.end());
  }
  return plan;
}

/// Appends layers to a plan.
class Readout {
 public:
  Readout(const Model& model, int align, NetworkPlan& plan) : model_(model), align_(align), plan_(plan) {}

  void add_all() {
    const ModelSpec& spec = model_.spec;
    int from = ReadoutPlan::kFromState, terms = spec.lstm.back();
    for (std::size_t i = 0; i < spec.dense.size(); ++i) {
      from = add("dense." + std::to_string(i), spec.dense[i], from, terms);
      terms = spec.dense[i].size;
    }
    std::vector<const HeadSpec*> joint;
    for (const HeadSpec& head : spec.heads) {
      if (head.hidden.empty() && head.activation == Activation::linear) {
        joint.push_back(&head);
      } else {
        add_head(head, from, terms);
      }
    }
    if (!joint.empty()) add_joint(std::move(joint), from, terms);
  }

 private:
  int append(ReadoutPlan layer) {
    layer.to = plan_.readout_size;
    plan_.readout_size += (layer.size + align_ - 1) / align_ * align_;
    plan_.readout.push_back(std::move(layer));
    return plan_.readout.back().to;
  }
  int add(const std::string& name, const DenseSpec& dense, int from, int terms) {
    return append({.weight = model_.tensor(name + ".weight").values,
                   .bias = model_.tensor(name + ".bias").values,
                   .terms = terms,
                   .size = dense.size,
                   .activation = dense.activation,
                   .from = from});
  }
  void add_head(const HeadSpec& head, int from, int terms) {
    for (std::size_t i = 0; i < head.hidden.size(); ++i) {
      from = add(head.name + "_head.hidden." + std::to_string(i), head.hidden[i], from, terms);
      terms = head.hidden[i].size;
    }
    place_of(head.field) = add(head.name + "_head", {head.size, head.activation}, from, terms);
  }
  void add_joint(std::vector<const HeadSpec*> heads, int from, int terms) {
    // the pitch first, so that its logits begin where a layer does
    std::ranges::stable_sort(heads, [](const HeadSpec* a, const HeadSpec* b) { return a->size > b->size; });
    ReadoutPlan layer{.terms = terms, .from = from};
    for (const HeadSpec* head : heads) {
      const std::vector<float>& weight = model_.tensor(head->name + "_head.weight").values;
      const std::vector<float>& bias = model_.tensor(head->name + "_head.bias").values;
      place_of(head->field) = plan_.readout_size + layer.size;
      layer.weight.insert(layer.weight.end(), weight.begin(), weight.end());
      layer.bias.insert(layer.bias.end(), bias.begin(), bias.end());
      layer.size += head->size;
    }
    append(std::move(layer));
  }
  int& place_of(Field field) {
    return field == Field::pitch ? plan_.logits_at : field == Field::step ? plan_.step_at : plan_.duration_at;
  }

  const Model& model_;
  int align_;
  NetworkPlan& plan_;
};

}  // namespace

NetworkPlan plan_network(const Model& model, int align) {
  NetworkPlan plan;
  plan.candidates = model.spec.head(Field::pitch).size;
  if (plan.candidates < 1 || plan.candidates > kPitches) {
    throw ModelError({"prepare model", model.spec.name,
                      "its pitch head has " + std::to_string(plan.candidates) + " candidates, expected 1 to 128",
                      "train a model whose pitch head has one output per MIDI pitch"});
  }
  int column = 0;
  for (const InputSpec& input : model.spec.inputs) {
    plan.inputs.push_back(plan_input(model, input, column));
    column += input.columns();
  }
  Readout(model, align, plan).add_all();
  return plan;
}

}  // namespace engine
