#include "engine/face/spec.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/data/error.h"
#include "engine/data/json_depth.h"

namespace engine {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw ModelError({"open face model", where, why, hint});
}

void check_range(const std::string& where, const std::string& what, double value, double low, double high) {
  if (value >= low && value <= high) return;
  const auto text = [](double x) { return Json(x).dump(); };
  refuse(where, what + " is " + text(value) + ", expected " + text(low) + " to " + text(high),
         "the description (affetto.face) is damaged: make the file again with affetto train --preset face");
}

FaceSpec spec_from_json(const Json& json) {
  FaceSpec spec;
  spec.name = json.at("name").get<std::string>();
  spec.side = json.at("side").get<int>();
  for (const Json& stage : json.at("stages")) {
    spec.stages.push_back({stage.at("channels").get<int>(), stage.at("pool").get<bool>()});
  }
  spec.classes = json.at("classes").get<std::vector<std::string>>();
  spec.epsilon = json.at("epsilon").get<double>();
  spec.temperature = json.at("temperature").get<double>();
  return spec;
}

}  // namespace

FaceSpec face_spec() {
  FaceSpec spec;
  spec.name = "face";
  // Two convolutions a size, channels doubled when the side is halved, as VGG has it (Simonyan & Zisserman, 2015); the
  // last are 192 so that all stays below a million.
  for (const int channels : {32, 64, 128, 192}) {
    spec.stages.push_back({channels, false});
    spec.stages.push_back({channels, channels < 192});
  }
  spec.classes = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};
  return spec;
}

void check_face_spec(const FaceSpec& spec, const std::string& where) {
  check_range(where, "its side", spec.side, 1, FaceLimits::kSide);
  check_range(where, "its number of stages", static_cast<double>(spec.stages.size()), 1, FaceLimits::kStages);
  check_range(where, "its number of classes", static_cast<double>(spec.classes.size()), 2, FaceLimits::kClasses);
  check_range(where, "its epsilon", spec.epsilon, 1e-12, 1);
  check_range(where, "its temperature", spec.temperature, 1e-3, 1e3);
  int side = spec.side;
  double maps = 0;
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    check_range(where, "stage " + std::to_string(i) + "'s channels", spec.stages[i].channels, 1, FaceLimits::kChannels);
    maps += static_cast<double>(side) * side * spec.stages[i].channels;
    if (spec.stages[i].pool) side /= 2;
  }
  check_range(where, "the size of its maps", maps, 0, FaceLimits::kMaps);
  if (side < 1) {
    refuse(where, "its pooling leaves nothing of " + std::to_string(spec.side) + " pixels",
           "pool at most as often as the side can be halved");
  }
  if (std::set<std::string>(spec.classes.begin(), spec.classes.end()).size() != spec.classes.size())
    refuse(where, "two of its classes have the same name", "name every class once");
}

std::string format_face_spec(const FaceSpec& spec) {
  Json json = {{"name", spec.name}, {"side", spec.side}, {"stages", Json::array()}, {"classes", spec.classes}};
  for (const FaceStage& stage : spec.stages)
    json["stages"].push_back({{"channels", stage.channels}, {"pool", stage.pool}});
  json["epsilon"] = spec.epsilon;
  json["temperature"] = spec.temperature;
  return json.dump();
}

FaceSpec parse_face_spec(const std::string& text, const std::string& where) {
  FaceSpec spec;
  try {
    require_shallow_json(text);
    spec = spec_from_json(Json::parse(text));
  } catch (const std::exception& e) {
    refuse(where, std::string("the description (affetto.face) in its metadata cannot be read: ") + e.what(),
           "the file may be damaged or of a newer version: make it again with affetto train --preset face");
  }
  check_face_spec(spec, where);
  return spec;
}

}  // namespace engine
