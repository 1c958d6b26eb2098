// A spec as JSON text: what travels in a model's metadata (weights/FORMAT.md).
#include <nlohmann/json.hpp>

#include "engine/data/error.h"
#include "engine/data/json_depth.h"
#include "engine/model/spec.h"

namespace engine {

NLOHMANN_JSON_SERIALIZE_ENUM(Field, {{Field::pitch, "pitch"}, {Field::step, "step"}, {Field::duration, "duration"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Encoding, {{Encoding::scaled, "scaled"},
                                        {Encoding::one_hot, "one_hot"},
                                        {Encoding::embedding, "embedding"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Activation,
                             {{Activation::linear, "linear"}, {Activation::relu, "relu"}, {Activation::tanh, "tanh"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Distribution,
                             {{Distribution::categorical, "categorical"}, {Distribution::non_negative, "non_negative"}})
NLOHMANN_JSON_SERIALIZE_ENUM(StateMode, {{StateMode::window, "window"}, {StateMode::carry, "carry"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Sampler, {{Sampler::inverse_cdf, "inverse-cdf"}, {Sampler::gumbel, "gumbel"}})
NLOHMANN_JSON_SERIALIZE_ENUM(ModulationDraw, {{ModulationDraw::piece, "piece"}, {ModulationDraw::note, "note"}})
NLOHMANN_JSON_SERIALIZE_ENUM(ModulationForm,
                             {{ModulationForm::folded, "folded"}, {ModulationForm::is_signed, "signed"}})

namespace {

using Json = nlohmann::ordered_json;

/// An enumerator by its exact name; the library's own reading would map an unknown name to the first one.
template <typename Enum>
Enum read_enum(const Json& json, const char* key) {
  const Enum value = json.at(key).get<Enum>();
  if (Json(value) != json.at(key)) throw std::invalid_argument(std::string(key) + " is " + json.at(key).dump());
  return value;
}

Json dense_to_json(const std::vector<DenseSpec>& layers) {
  Json list = Json::array();
  for (const DenseSpec& layer : layers) list.push_back({{"size", layer.size}, {"activation", layer.activation}});
  return list;
}

std::vector<DenseSpec> dense_from_json(const Json& list) {
  std::vector<DenseSpec> layers;
  for (const Json& item : list) {
    layers.push_back({item.at("size").get<int>(), read_enum<Activation>(item, "activation")});
  }
  return layers;
}

Json input_to_json(const InputSpec& input) {
  Json json = {{"field", input.field}, {"encoding", input.encoding}};
  if (input.encoding == Encoding::scaled) json["scale"] = input.scale;
  if (input.encoding != Encoding::scaled) json["classes"] = input.classes;
  if (input.encoding == Encoding::embedding) json["width"] = input.width;
  return json;
}

InputSpec input_from_json(const Json& json) {
  InputSpec input;
  input.field = read_enum<Field>(json, "field");
  input.encoding = read_enum<Encoding>(json, "encoding");
  if (input.encoding == Encoding::scaled) input.scale = json.value("scale", 1.0);
  if (input.encoding != Encoding::scaled) input.classes = json.at("classes").get<int>();
  if (input.encoding == Encoding::embedding) input.width = json.at("width").get<int>();
  return input;
}

Json head_to_json(const HeadSpec& head) {
  return {{"name", head.name},
          {"field", head.field},
          {"size", head.size},
          {"hidden", dense_to_json(head.hidden)},
          {"activation", head.activation},
          {"distribution", head.distribution},
          {"loss_weight", head.loss_weight}};
}

HeadSpec head_from_json(const Json& json) {
  HeadSpec head;
  head.name = json.at("name").get<std::string>();
  head.field = read_enum<Field>(json, "field");
  head.size = json.at("size").get<int>();
  if (json.contains("hidden")) head.hidden = dense_from_json(json.at("hidden"));
  head.activation = read_enum<Activation>(json, "activation");
  head.distribution = read_enum<Distribution>(json, "distribution");
  head.loss_weight = json.value("loss_weight", 1.0);
  return head;
}

Json sampling_to_json(const Sampling& s) {
  return {{"temperature", s.temperature},
          {"alpha", s.alpha},
          {"beta", s.beta},
          {"top_k", s.top_k},
          {"top_p", s.top_p},
          {"greedy", s.greedy},
          {"sampler", s.sampler},
          {"sigma_step", s.sigma_step},
          {"sigma_duration", s.sigma_duration},
          {"modulation_draw", s.draw},
          {"modulation_form", s.form}};
}

Sampling sampling_from_json(const Json& json) {
  Sampling s;
  s.temperature = json.value("temperature", s.temperature);
  s.alpha = json.value("alpha", s.alpha);
  s.beta = json.value("beta", s.beta);
  s.top_k = json.value("top_k", s.top_k);
  s.top_p = json.value("top_p", s.top_p);
  s.greedy = json.value("greedy", s.greedy);
  if (json.contains("sampler")) s.sampler = read_enum<Sampler>(json, "sampler");
  s.sigma_step = json.value("sigma_step", s.sigma_step);
  s.sigma_duration = json.value("sigma_duration", s.sigma_duration);
  if (json.contains("modulation_draw")) s.draw = read_enum<ModulationDraw>(json, "modulation_draw");
  if (json.contains("modulation_form")) s.form = read_enum<ModulationForm>(json, "modulation_form");
  return s;
}

template <typename Read>
auto guarded(const std::string& text, const std::string& where, const char* what, Read read) {
  try {
    require_shallow_json(text);
    return read(Json::parse(text));
  } catch (const ModelError&) {
    throw;
  } catch (const std::exception& e) {
    throw ModelError({"open model", where, std::string(what) + " in its metadata cannot be read: " + e.what(),
                      "the file may be damaged or of a newer version: make it again with affetto train"});
  }
}

}  // namespace

std::string format_sampling(const Sampling& sampling) { return sampling_to_json(sampling).dump(); }

Sampling parse_sampling(const std::string& json, const std::string& where) {
  return guarded(json, where, "the sampling", sampling_from_json);
}

std::string format_spec(const ModelSpec& spec) {
  Json json = {{"name", spec.name}, {"inputs", Json::array()}, {"lstm", spec.lstm}, {"dropout", spec.dropout}};
  for (const InputSpec& input : spec.inputs) json["inputs"].push_back(input_to_json(input));
  json["dense"] = dense_to_json(spec.dense);
  json["heads"] = Json::array();
  for (const HeadSpec& head : spec.heads) json["heads"].push_back(head_to_json(head));
  json["window"] = spec.window;
  json["state"] = spec.state;
  json["sampling"] = sampling_to_json(spec.sampling);
  return json.dump();
}

ModelSpec parse_spec(const std::string& text, const std::string& where) {
  const ModelSpec spec = guarded(text, where, "the description (affetto.spec)", [](const Json& json) {
    ModelSpec s;
    s.name = json.at("name").get<std::string>();
    for (const Json& input : json.at("inputs")) s.inputs.push_back(input_from_json(input));
    s.lstm = json.at("lstm").get<std::vector<int>>();
    s.dropout = json.value("dropout", 0.0);
    if (json.contains("dense")) s.dense = dense_from_json(json.at("dense"));
    for (const Json& head : json.at("heads")) s.heads.push_back(head_from_json(head));
    s.window = json.at("window").get<int>();
    s.state = read_enum<StateMode>(json, "state");
    if (json.contains("sampling")) s.sampling = sampling_from_json(json.at("sampling"));
    return s;
  });
  check_spec(spec, where);
  return spec;
}

}  // namespace engine
