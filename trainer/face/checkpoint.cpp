#include "trainer/face/checkpoint.h"

#include <cmath>

#include "trainer/run/checkpoint_numbers.h"

namespace trainer {
namespace {

constexpr const char* kMarker = "trainer.face_checkpoint";
constexpr const char* kVersion = "1";
constexpr const char* kBest = "best.";
constexpr const char* kWhere = "checkpoint";

/// Visits every number of a checkpoint with its key.
template <typename C, typename Visit>
void each_number(C& c, const Visit& visit) {
  visit("trainer.iteration", c.iteration);
  visit("trainer.epoch", c.epoch);
  visit("trainer.position", c.position);
  visit("trainer.seconds", c.seconds);
  visit("trainer.best_accuracy", c.best_accuracy);
  visit("trainer.best_iteration", c.best_iteration);
}

/// Visits every flat array with its name.
template <typename C, typename Visit>
void each_array(C& c, const Visit& visit) {
  visit("parameters", c.parameters);
  visit("adam.m", c.adam_m);
  visit("adam.v", c.adam_v);
  visit("average", c.average);
}

engine::Tensor row(const std::vector<float>& values) { return {{static_cast<std::int64_t>(values.size())}, values}; }

std::vector<float> read_row(const engine::TensorTable& table, const std::string& name, std::size_t size,
                            const CheckpointNumbers& numbers) {
  const auto it = table.tensors.find(name);
  if (it == table.tensors.end()) numbers.refuse("tensor " + name + " is missing");
  if (it->second.shape != std::vector<std::int64_t>{static_cast<std::int64_t>(size)})
    numbers.refuse("tensor " + name + " is " + engine::shape_text(it->second.shape) + ", expected [" +
                   std::to_string(size) + "]");
  for (const float value : it->second.values) {
    if (!std::isfinite(value)) numbers.refuse("tensor " + name + " holds a value that is not finite");
  }
  return it->second.values;
}

std::string moment(const char* name, std::size_t stage) { return std::string(name) + "." + std::to_string(stage); }

}  // namespace

engine::TensorTable to_table(const FaceCheckpoint& checkpoint) {
  engine::TensorTable table;
  table.metadata[kMarker] = kVersion;
  table.metadata["trainer.mark"] = checkpoint.mark;
  each_number(checkpoint, [&](const char* key, const auto& value) { table.metadata[key] = exact_text(value); });
  each_array(checkpoint,
             [&](const char* name, const std::vector<float>& values) { table.tensors[name] = row(values); });
  for (std::size_t i = 0; i < checkpoint.moments.mean.size(); ++i) {
    table.tensors[moment("mean", i)] = row(checkpoint.moments.mean[i]);
    table.tensors[moment("variance", i)] = row(checkpoint.moments.variance[i]);
  }
  if (!checkpoint.best.tensors.empty()) {
    const engine::TensorTable best = engine::table_from_face_model(checkpoint.best);
    for (const auto& [name, tensor] : best.tensors) table.tensors[kBest + name] = tensor;
    for (const auto& [key, text] : best.metadata) table.metadata[kBest + key] = text;
  }
  return table;
}

FaceCheckpoint face_checkpoint_from_table(const engine::TensorTable& table, const engine::FaceSpec& spec,
                                          const FaceLayout& layout) {
  const CheckpointNumbers numbers{table.metadata, kWhere};
  if (numbers.entry(kMarker) != kVersion) numbers.refuse("it is of version " + numbers.entry(kMarker));
  FaceCheckpoint c;
  c.mark = numbers.entry("trainer.mark");
  each_number(c, numbers);
  each_array(
      c, [&](const char* name, std::vector<float>& values) { values = read_row(table, name, layout.size, numbers); });
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    c.moments.mean.push_back(read_row(table, moment("mean", i), layout.stages[i].out, numbers));
    c.moments.variance.push_back(read_row(table, moment("variance", i), layout.stages[i].out, numbers));
  }
  engine::TensorTable best;
  const std::string prefix = kBest;
  for (const auto& [name, tensor] : table.tensors) {
    if (name.rfind(prefix, 0) == 0) best.tensors[name.substr(prefix.size())] = tensor;
  }
  for (const auto& [key, text] : table.metadata) {
    if (key.rfind(prefix, 0) == 0) best.metadata[key.substr(prefix.size())] = text;
  }
  if (!best.tensors.empty()) c.best = engine::face_model_from_table(std::move(best), kWhere);
  return c;
}

}  // namespace trainer
