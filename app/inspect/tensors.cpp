#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/glue/outputs.h"
#include "app/inspect/inspect.h"
#include "engine/face/model.h"
#include "engine/model/model.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTrainerPrefix = "trainer.";

bool is_checkpoint(const engine::TensorTable& table) {
  return std::ranges::any_of(table.metadata, [](const auto& entry) { return entry.first.starts_with(kTrainerPrefix); });
}

std::size_t numbers_in(const engine::TensorTable& table) {
  std::size_t count = 0;
  for (const auto& [name, tensor] : table.tensors) count += tensor.values.size();
  return count;
}

Json describe_checkpoint(const engine::TensorTable& table) {
  Json json = {{"content", "checkpoint"}, {"tensors", table.tensors.size()}, {"numbers", numbers_in(table)}};
  for (const auto& [key, text] : table.metadata) {
    if (key.starts_with(kTrainerPrefix)) json["trainer"][key.substr(std::string(kTrainerPrefix).size())] = text;
  }
  return json;
}

Json describe_face_model(engine::TensorTable table, const std::string& name) {
  const std::size_t tensors = table.tensors.size(), numbers = numbers_in(table);
  const engine::FaceModel model = engine::face_model_from_table(std::move(table), name);
  Json json = {{"content", "face model"},
               {"name", model.spec.name},
               {"numbers", numbers},
               {"tensors", tensors},
               {"spec", Json::parse(engine::format_face_spec(model.spec))},
               {"card", Json::object()}};
  for (const auto& [key, text] : model.card) json["card"][key] = text;
  return json;
}

void print_face_model(const Json& model) {
  const Json& spec = model["spec"];
  print_row("content", "network that reads faces, " + model["numbers"].dump() + " numbers in " +
                           model["tensors"].dump() + " tensors");
  print_row("pictures", spec["side"].dump() + " x " + spec["side"].dump() + ", grey");
  std::string stages, classes;
  for (const Json& stage : spec["stages"])
    stages += (stages.empty() ? "" : ", ") + stage["channels"].dump() + (stage["pool"].get<bool>() ? " pooled" : "");
  for (const Json& name : spec["classes"]) classes += (classes.empty() ? "" : ", ") + name.get<std::string>();
  print_row("stages", stages);
  print_row("classes", classes);
  for (const auto& [key, text] : model["card"].items()) print_row("  " + key, text.get<std::string>());
}

Json describe_model(engine::TensorTable table, const std::string& name) {
  const std::size_t tensors = table.tensors.size();
  const engine::Model model = engine::model_from_table(std::move(table), name);
  Json json = {{"content", "model"},
               {"name", model.spec.name},
               {"parameters", model.parameters()},
               {"tensors", tensors},
               {"spec", Json::parse(engine::format_spec(model.spec))},
               {"clusters", model.clusters ? Json::parse(engine::format_clusters(*model.clusters)) : Json()}};
  json["card"] = Json::object();
  for (const auto& [key, text] : model.card) json["card"][key] = text;
  return json;
}

/// "pitch, step, duration"
std::string listed(const Json& items, const char* key) {
  std::string text;
  for (const Json& item : items) text += (text.empty() ? "" : ", ") + item[key].get<std::string>();
  return text;
}

std::string layers_text(const Json& sizes) {
  std::string text;
  for (const Json& size : sizes) text += (text.empty() ? "" : ", ") + size.dump();
  return text;
}

void print_model(const Json& model) {
  const Json& spec = model["spec"];
  print_row("content", "model " + model["name"].get<std::string>() + ", " + model["parameters"].dump() +
                           " parameters in " + model["tensors"].dump() + " tensors");
  print_row("inputs", listed(spec["inputs"], "field"));
  print_row("lstm", "layers of " + layers_text(spec["lstm"]));
  for (const Json& head : spec["heads"]) {
    print_row("  head", head["name"].get<std::string>() + ", size " + head["size"].dump() + ", " +
                            head["activation"].get<std::string>());
  }
  print_row("window", spec["window"].dump() + " notes, state " + spec["state"].get<std::string>());
  std::string sampling;
  for (const auto& [key, value] : spec["sampling"].items()) {
    sampling +=
        (sampling.empty() ? "" : ", ") + key + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  print_row("sampling", sampling);
  print_row("clusters", model["clusters"].is_null() ? "none" : model["clusters"].value("source", "yes"));
  for (const auto& [key, text] : model["card"].items()) print_row("  " + key, text.get<std::string>());
}

}  // namespace

Json describe_tensors(engine::TensorTable table, const std::string& name) {
  if (is_checkpoint(table)) return describe_checkpoint(table);
  if (engine::is_face_model(table)) return describe_face_model(std::move(table), name);
  return describe_model(std::move(table), name);
}

void print_tensors(const Json& tensors) {
  if (tensors["content"] == "model") return print_model(tensors);
  if (tensors["content"] == "face model") return print_face_model(tensors);
  print_row("content", "training checkpoint, " + tensors["numbers"].dump() + " numbers in " +
                           tensors["tensors"].dump() + " tensors");
  for (const auto& [key, text] : tensors["trainer"].items()) print_row("  " + key, text.get<std::string>());
}

}  // namespace app
