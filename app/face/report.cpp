#include "app/face/report.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace app {

nlohmann::ordered_json face_json(const FaceResult& result) {
  nlohmann::ordered_json json = {{"file", result.file.string()}};
  if (!result.problem.empty()) {
    json["error"] = result.problem;
    return json;
  }
  const engine::FaceReading& reading = result.reading;
  json["label"] = reading.label;
  for (std::size_t k = 0; k < reading.classes.size(); ++k) json[reading.classes[k]] = reading.probabilities[k];
  json["valence"] = reading.emotion.valence;
  json["arousal"] = reading.emotion.arousal;
  json["sign"] = reading.sign;
  json["confidence"] = reading.confidence;
  json["sure"] = reading.sure();
  json["box"] = nullptr;
  if (result.face.face) {
    const engine::PixelBox& box = result.face.face->box;
    json["box"] = {box.x, box.y, box.width, box.height};
    json["roll"] = result.face.face->roll_degrees;
  }
  json["faces"] = result.face.found;
  return json;
}

std::string face_words(const engine::FaceReading& reading) {
  const std::string percent = std::to_string(static_cast<int>(std::lround(100 * reading.confidence)));
  return (reading.sure() ? "" : "perhaps ") + reading.label + " " + percent + " %";
}

}  // namespace app
