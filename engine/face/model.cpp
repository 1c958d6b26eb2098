#include "engine/face/model.h"

#include <cmath>
#include <utility>

#include "engine/data/error.h"
#include "kernels/math/philox.h"

namespace engine {
namespace {

constexpr const char* kFaceKey = "affetto.face";

std::size_t size_of(const std::vector<std::int64_t>& shape) {
  std::size_t size = 1;
  for (const std::int64_t n : shape) size *= static_cast<std::size_t>(n);
  return size;
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

void check_variances(const FaceModel& model, const std::string& where) {
  for (const auto& [name, tensor] : model.tensors) {
    if (!ends_with(name, "running_var")) continue;
    for (const float v : tensor.values) {
      if (v < 0) {
        throw ModelError({"open face model", where, "tensor " + name + " holds the variance " + std::to_string(v),
                          "the file is damaged: make it again with affetto train --preset face"});
      }
    }
  }
}

/// Element i of a fresh tensor, the `ordinal`th by name.
double fresh_value(const std::string& name, const std::vector<std::int64_t>& shape, std::uint64_t seed,
                   std::uint64_t ordinal, std::uint32_t i) {
  const auto words = kernels::random_words(seed, ordinal, i, kernels::Purpose::kWeights);
  if (ends_with(name, "conv.weight")) {
    const auto inputs = static_cast<double>(size_of(shape)) / static_cast<double>(shape[0]);
    return kernels::gaussian(words.w[0], words.w[1]) * std::sqrt(2 / inputs);
  }
  if (name == "head.weight") {
    return (2 * kernels::uniform(words.w[0]) - 1) / std::sqrt(static_cast<double>(shape[1]));
  }
  return ends_with(name, "norm.weight") || ends_with(name, "running_var") ? 1 : 0;
}

}  // namespace

std::string stage_tensor(std::size_t stage, const std::string& name) {
  return "stages." + std::to_string(stage) + "." + name;
}

std::size_t FaceModel::parameters() const {
  std::size_t learnt = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(".running_mean") && !name.ends_with(".running_var")) learnt += tensor.values.size();
  }
  return learnt;
}

TensorShapes face_tensor_shapes(const FaceSpec& spec) {
  TensorShapes shapes;
  std::int64_t in = 1;
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    const std::int64_t out = spec.stages[i].channels;
    shapes[stage_tensor(i, "conv.weight")] = {out, in, 3, 3};
    for (const char* name : {"norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"})
      shapes[stage_tensor(i, name)] = {out};
    in = out;
  }
  const auto classes = static_cast<std::int64_t>(spec.classes.size());
  shapes["head.weight"] = {classes, in};
  shapes["head.bias"] = {classes};
  return shapes;
}

bool is_face_model(const TensorTable& table) { return table.metadata.count(kFaceKey) != 0; }

FaceModel face_model_from_table(TensorTable table, const std::string& where) {
  const auto text = table.metadata.find(kFaceKey);
  if (text == table.metadata.end()) {
    throw ModelError({"open face model", where, "its metadata does not describe a face network (affetto.face)",
                      "give a file made by affetto train --preset face"});
  }
  FaceModel model;
  model.spec = parse_face_spec(text->second, where);
  model.tensors = take_tensors(table, face_tensor_shapes(model.spec), where);
  check_variances(model, where);
  for (const auto& [key, value] : table.metadata) {
    if (key != kFaceKey) model.card[key] = value;
  }
  return model;
}

TensorTable table_from_face_model(const FaceModel& model) {
  TensorTable table{model.tensors, model.card};
  table.metadata[kFaceKey] = format_face_spec(model.spec);
  return table;
}

FaceModel new_face_model(const FaceSpec& spec, std::uint64_t seed) {
  check_face_spec(spec, spec.name);
  FaceModel model{spec, {}, {}};
  std::uint64_t ordinal = 0;
  for (const auto& [name, shape] : face_tensor_shapes(spec)) {
    Tensor tensor{shape, std::vector<float>(size_of(shape))};
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      tensor.values[i] = static_cast<float>(fresh_value(name, shape, seed, ordinal, static_cast<std::uint32_t>(i)));
    }
    model.tensors[name] = std::move(tensor);
    ++ordinal;
  }
  return model;
}

ScaleShift folded_norm(const FaceModel& model, std::size_t stage) {
  const auto values = [&](const char* name) -> const std::vector<float>& {
    return model.tensor(stage_tensor(stage, name)).values;
  };
  const auto& gamma = values("norm.weight");
  const auto& beta = values("norm.bias");
  const auto& mean = values("norm.running_mean");
  const auto& variance = values("norm.running_var");
  ScaleShift folded;
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    const double scale = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + model.spec.epsilon);
    folded.scale.push_back(scale);
    folded.shift.push_back(beta[c] - mean[c] * scale);
  }
  return folded;
}

}  // namespace engine
