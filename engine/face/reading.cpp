#include "engine/face/reading.h"

#include <algorithm>
#include <stdexcept>

#include "engine/data/error.h"

namespace engine {
namespace {

struct ClassPoint {
  const char* name;
  const char* word;         ///< that was rated
  double valence, arousal;  ///< 1 to 9
};
constexpr ClassPoint kPoints[] = {
    {"angry", "angry", 2.85, 7.17},
    {"disgust", "disgusted", 2.45, 5.42},
    {"fear", "afraid", 2.00, 6.67},
    {"happy", "happy", 8.21, 6.49},
    {"neutral", "", 5, 5},
    {"sad", "sad", 1.61, 4.13},
    {"surprise", "surprised", 7.47, 7.47},
};

const ClassPoint* find_point(const std::string& name) {
  const auto at = std::find_if(std::begin(kPoints), std::end(kPoints), [&](const auto& p) { return name == p.name; });
  return at == std::end(kPoints) ? nullptr : at;
}

std::size_t place_of(const FaceSpec& spec, const char* name) {
  return static_cast<std::size_t>(std::find(spec.classes.begin(), spec.classes.end(), name) - spec.classes.begin());
}

}  // namespace

Emotion point_of_class(const std::string& name) {
  const ClassPoint* point = find_point(name);
  if (point == nullptr) throw std::invalid_argument("class " + name + " has no point of valence and arousal");
  return {(point->valence - 5) / 4, (point->arousal - 5) / 4};
}

void check_face_classes(const FaceSpec& spec, const std::string& where) {
  const auto refuse = [&](const std::string& why) {
    throw ModelError({"open face model", where, why,
                      "the classes known are angry, disgust, fear, happy, neutral, sad and surprise; happy and sad "
                      "must be among them"});
  };
  for (const std::string& name : spec.classes) {
    if (find_point(name) == nullptr) refuse("its class " + name + " has no point of valence and arousal");
  }
  for (const char* name : {"happy", "sad"}) {
    if (place_of(spec, name) == spec.classes.size()) refuse(std::string("it has no class ") + name);
  }
}

FaceReading read_face(const FaceSpec& spec, std::span<const double> probabilities) {
  FaceReading reading;
  reading.classes = spec.classes;
  reading.probabilities.assign(probabilities.begin(), probabilities.end());
  const auto likeliest = std::max_element(probabilities.begin(), probabilities.end());
  reading.label = spec.classes[static_cast<std::size_t>(likeliest - probabilities.begin())];
  reading.confidence = *likeliest;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    const Emotion point = point_of_class(spec.classes[k]);
    reading.emotion.valence += probabilities[k] * point.valence;
    reading.emotion.arousal += probabilities[k] * point.arousal;
  }
  reading.sign = probabilities[place_of(spec, "happy")] >= probabilities[place_of(spec, "sad")] ? 1 : -1;
  return reading;
}

}  // namespace engine
