#include "engine/model/model.h"

#include <cmath>
#include <utility>

#include "engine/data/error.h"
#include "engine/model/presets.h"
#include "engine/model/tensor_checks.h"
#include "kernels/math/philox.h"

namespace engine {
namespace {

using Shapes = TensorShapes;

constexpr const char* kSpecKey = "affetto.spec";
constexpr const char* kClustersKey = "affetto.clusters";

void add_dense(Shapes& shapes, const std::string& name, std::int64_t outputs, std::int64_t inputs) {
  shapes[name + ".weight"] = {outputs, inputs};
  shapes[name + ".bias"] = {outputs};
}

/// Adds a stack of dense layers NAME.I and returns the size of the last.
std::int64_t add_stack(Shapes& shapes, const std::string& name, const std::vector<DenseSpec>& layers,
                       std::int64_t inputs) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    add_dense(shapes, name + "." + std::to_string(i), layers[i].size, inputs);
    inputs = layers[i].size;
  }
  return inputs;
}

const Tensor* find(const TensorTable& table, const std::string& name) {
  const auto it = table.tensors.find(name);
  return it == table.tensors.end() ? nullptr : &it->second;
}

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw ModelError({"open model", where, why, hint});
}

/// Layers and sizes of a plain PyTorch state dict, read off its shapes; the rest as in the seed preset.
ModelSpec spec_from_shapes(const TensorTable& table, const std::string& where) {
  ModelSpec spec = seed_spec();
  spec.lstm.clear();
  for (int layer = 0; layer < SpecLimits::kLayers; ++layer) {
    const Tensor* hh = find(table, "lstm.weight_hh_l" + std::to_string(layer));
    if (!hh) break;
    if (hh->shape.size() != 2 || hh->shape[1] < 1 || hh->shape[1] > SpecLimits::kHidden) {
      refuse(where,
             "tensor lstm.weight_hh_l" + std::to_string(layer) + " is " + shape_text(hh->shape) + ", expected [4H, H]",
             "export the model with PyTorch's nn.LSTM names and shapes");
    }
    spec.lstm.push_back(static_cast<int>(hh->shape[1]));
  }
  if (table.metadata.count("affetto.face") != 0) {
    refuse(where, "it is a network that reads faces, not one that writes notes",
           "give it to affetto face; music comes from a model like the one that ships");
  }
  if (spec.lstm.empty()) {
    refuse(where, "it has neither our description (affetto.spec) nor a tensor lstm.weight_hh_l0",
           "save a PyTorch state dict with the names lstm.weight_ih_l0 ... pitch_head.weight");
  }
  const Tensor* pitch = find(table, "pitch_head.weight");
  if (pitch && pitch->shape.size() == 2 && pitch->shape[0] >= 1 && pitch->shape[0] <= SpecLimits::kClasses) {
    for (HeadSpec& head : spec.heads) {
      if (head.field == Field::pitch) head.size = static_cast<int>(pitch->shape[0]);
    }
  }
  check_spec(spec, where);
  return spec;
}

/// Half-width of a fresh tensor's uniform distribution.
double initial_bound(const ModelSpec& spec, const std::string& name, const Shapes& shapes) {
  if (name.rfind("lstm.", 0) == 0) {
    const int layer = std::stoi(name.substr(name.rfind('l') + 1));
    return 1.0 / std::sqrt(static_cast<double>(spec.lstm[static_cast<std::size_t>(layer)]));
  }
  if (name.find("embedding") != std::string::npos) return 1.0;
  const std::string weight = name.substr(0, name.rfind('.')) + ".weight";
  return 1.0 / std::sqrt(static_cast<double>(shapes.at(weight)[1]));
}

}  // namespace

const Tensor& Model::tensor(const std::string& name) const {
  const auto it = tensors.find(name);
  if (it == tensors.end()) throw ModelError({"use model", spec.name, "it has no tensor " + name, ""});
  return it->second;
}

std::size_t Model::parameters() const {
  std::size_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.values.size();
  return count;
}

std::map<std::string, std::vector<std::int64_t>> tensor_shapes(const ModelSpec& spec) {
  Shapes shapes;
  for (const InputSpec& input : spec.inputs) {
    if (input.encoding == Encoding::embedding) shapes["pitch_embedding.weight"] = {input.classes, input.width};
  }
  std::int64_t below = spec.input_columns();
  for (std::size_t l = 0; l < spec.lstm.size(); ++l) {
    const std::int64_t hidden = spec.lstm[l];
    const std::string suffix = "_l" + std::to_string(l);
    shapes["lstm.weight_ih" + suffix] = {4 * hidden, below};
    shapes["lstm.weight_hh" + suffix] = {4 * hidden, hidden};
    shapes["lstm.bias_ih" + suffix] = {4 * hidden};
    shapes["lstm.bias_hh" + suffix] = {4 * hidden};
    below = hidden;
  }
  below = add_stack(shapes, "dense", spec.dense, below);
  for (const HeadSpec& head : spec.heads) {
    const std::int64_t inputs = add_stack(shapes, head.name + "_head.hidden", head.hidden, below);
    add_dense(shapes, head.name + "_head", head.size, inputs);
  }
  return shapes;
}

Model model_from_table(TensorTable table, const std::string& where) {
  Model model;
  const auto text = table.metadata.find(kSpecKey);
  model.spec = text == table.metadata.end() ? spec_from_shapes(table, where) : parse_spec(text->second, where);
  model.tensors = take_tensors(table, tensor_shapes(model.spec), where);
  if (const auto it = table.metadata.find(kClustersKey); it != table.metadata.end()) {
    model.clusters = parse_clusters(it->second, where);
  }
  for (const auto& [key, value] : table.metadata) {
    if (key != kSpecKey && key != kClustersKey) model.card[key] = value;
  }
  return model;
}

TensorTable table_from_model(const Model& model) {
  TensorTable table;
  table.tensors = model.tensors;
  table.metadata = model.card;
  table.metadata[kSpecKey] = format_spec(model.spec);
  if (model.clusters) table.metadata[kClustersKey] = format_clusters(*model.clusters);
  return table;
}

Model new_model(const ModelSpec& spec, std::uint64_t seed) {
  check_spec(spec, spec.name);
  Model model;
  model.spec = spec;
  const Shapes shapes = tensor_shapes(spec);
  std::uint64_t ordinal = 0;
  for (const auto& [name, shape] : shapes) {
    std::int64_t size = 1;
    for (const std::int64_t n : shape) size *= n;
    const double bound = initial_bound(spec, name, shapes);
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(size))};
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      const auto words =
          kernels::random_words(seed, ordinal, static_cast<std::uint32_t>(i), kernels::Purpose::kWeights);
      tensor.values[i] = static_cast<float>((2 * kernels::uniform(words.w[0]) - 1) * bound);
    }
    model.tensors[name] = std::move(tensor);
    ++ordinal;
  }
  return model;
}

}  // namespace engine
