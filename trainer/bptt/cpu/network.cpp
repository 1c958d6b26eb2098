#include <string>

#include "trainer/bptt/cpu/shard.h"

namespace trainer {
namespace {

/// More inputs than this get a product of their own.
constexpr int kFoldedInputs = 32;

bool has_embedding(const engine::ModelSpec& spec) {
  for (const engine::InputSpec& input : spec.inputs) {
    if (input.encoding == engine::Encoding::embedding) return true;
  }
  return false;
}

std::vector<DenseLayer> stack(const ParameterLayout& layout, const std::string& name,
                              const std::vector<engine::DenseSpec>& specs, std::size_t inputs) {
  std::vector<DenseLayer> layers;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    layers.emplace_back(layout, std::vector<std::string>{name + "." + std::to_string(i)}, inputs, specs[i].activation);
    inputs = layers.back().outputs();
  }
  return layers;
}

}  // namespace

Network::Network(const engine::ModelSpec& s, const ParameterLayout& layout) : spec(s) {
  const bool embedded = has_embedding(spec);
  if (embedded) embedding = layout.slot("pitch_embedding.weight");
  auto inputs = static_cast<std::size_t>(spec.input_columns());
  for (std::size_t l = 0; l < spec.lstm.size(); ++l) {
    const auto hidden = static_cast<std::size_t>(spec.lstm[l]);
    const bool fold = l == 0 && spec.input_columns() <= kFoldedInputs;
    lstm.emplace_back(layout, l, inputs, hidden, fold, l > 0 || embedded);
    inputs = hidden;
  }
  trunk = stack(layout, "dense", spec.dense, inputs);
  if (!trunk.empty()) inputs = trunk.back().outputs();

  std::vector<std::string> plain;
  std::size_t column = 0;
  for (const engine::HeadSpec& head : spec.heads) {
    if (head.hidden.empty()) plain.push_back(head.name + "_head");
  }
  if (!plain.empty()) branches.emplace_back().emplace_back(layout, plain, inputs, engine::Activation::linear);
  for (const engine::HeadSpec& head : spec.heads) {
    if (head.hidden.empty()) {
      heads.push_back({0, column});
      column += static_cast<std::size_t>(head.size);
      continue;
    }
    heads.push_back({branches.size(), 0});
    branches.push_back(stack(layout, head.name + "_head.hidden", head.hidden, inputs));
    std::vector<DenseLayer>& branch = branches.back();
    branch.emplace_back(layout, std::vector<std::string>{head.name + "_head"}, branch.back().outputs(),
                        engine::Activation::linear);
  }
}

}  // namespace trainer
