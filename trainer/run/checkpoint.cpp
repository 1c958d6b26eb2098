#include "trainer/run/checkpoint.h"

#include <cmath>
#include <utility>

#include "engine/data/error.h"
#include "trainer/run/checkpoint_numbers.h"

namespace trainer {
namespace {

constexpr const char* kMarker = "trainer.checkpoint";
constexpr const char* kVersion = "1";
constexpr const char* kTrained = "trained.";
constexpr const char* kM = "adam.m.";
constexpr const char* kV = "adam.v.";
constexpr const char* kBest = "best.";

/// Visits every number of a checkpoint with its key.
template <typename C, typename Visit>
void each_number(C& c, const Visit& visit) {
  visit("trainer.iteration", c.iteration);
  visit("trainer.epoch", c.epoch);
  visit("trainer.position", c.position);
  visit("trainer.seconds", c.seconds);
  visit("trainer.rate_factor", c.rate_factor);
  visit("trainer.plateau_count", c.plateau_count);
  visit("trainer.stop_count", c.stop_count);
  visit("trainer.plateau_best", c.plateau_best);
  visit("trainer.best_selected", c.best_selected);
  visit("trainer.best_iteration", c.best_iteration);
}

bool is_ours(const std::string& name) {
  for (const char* prefix : {kTrained, kM, kV, kBest}) {
    if (name.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

void add_all(engine::TensorTable& table, const std::string& prefix,
             const std::map<std::string, engine::Tensor>& tensors) {
  for (const auto& [name, tensor] : tensors) table.tensors[prefix + name] = tensor;
}

/// The tensors PREFIX + name for every weight, moved out of the table.
std::map<std::string, engine::Tensor> take_all(engine::TensorTable& table, const std::string& prefix,
                                               const engine::Model& weights, const CheckpointNumbers& parse) {
  std::map<std::string, engine::Tensor> tensors;
  for (const auto& [name, weight] : weights.tensors) {
    const auto it = table.tensors.find(prefix + name);
    if (it == table.tensors.end()) parse.refuse("tensor " + prefix + name + " is missing");
    if (it->second.shape != weight.shape) parse.refuse("tensor " + prefix + name + " has another shape than " + name);
    for (const float value : it->second.values) {
      if (!std::isfinite(value)) parse.refuse("tensor " + prefix + name + " holds a value that is not finite");
    }
    tensors[name] = std::move(it->second);
  }
  return tensors;
}

}  // namespace

engine::TensorTable to_table(const Checkpoint& checkpoint) {
  engine::TensorTable table = engine::table_from_model(checkpoint.weights);
  add_all(table, kTrained, checkpoint.trained);
  add_all(table, kM, checkpoint.adam_m);
  add_all(table, kV, checkpoint.adam_v);
  if (checkpoint.has_best) add_all(table, kBest, checkpoint.best);
  table.metadata[kMarker] = kVersion;
  table.metadata["trainer.has_best"] = checkpoint.has_best ? "1" : "0";
  table.metadata["trainer.options"] = checkpoint.options_hash;
  each_number(checkpoint, [&](const char* key, const auto& value) { table.metadata[key] = exact_text(value); });
  return table;
}

Checkpoint checkpoint_from_table(engine::TensorTable table, const std::string& where) {
  const std::map<std::string, std::string> metadata = table.metadata;
  const CheckpointNumbers parse{metadata, where};
  const std::string& version = parse.entry(kMarker);
  if (version != kVersion) parse.refuse("it is a checkpoint of version " + version + ", expected " + kVersion);
  Checkpoint c;
  each_number(c, parse);
  if (!(c.rate_factor > 0 && c.rate_factor <= 1)) parse.refuse("the rate factor is not in (0, 1]");
  c.options_hash = parse.entry("trainer.options");
  c.has_best = parse.entry("trainer.has_best") == "1";

  engine::TensorTable plain;
  for (const char* key : {"affetto.spec"}) plain.metadata[key] = parse.entry(key);
  for (const auto& [name, tensor] : table.tensors) {
    if (!is_ours(name)) plain.tensors[name] = tensor;
  }
  c.weights = engine::model_from_table(std::move(plain), where);
  c.trained = take_all(table, kTrained, c.weights, parse);
  c.adam_m = take_all(table, kM, c.weights, parse);
  c.adam_v = take_all(table, kV, c.weights, parse);
  if (c.has_best) c.best = take_all(table, kBest, c.weights, parse);
  return c;
}

}  // namespace trainer
