// What a face's probabilities say.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/data/emotion.h"
#include "engine/face/spec.h"

namespace engine {

/// Below this chance of being right a reading is a guess, and says so: nothing then follows from it by itself. Of
/// FER2013's validation pictures 13 % lie below with the weights that ship, and 38 % of these are read right, of the
/// others 73 %.
inline constexpr double kSureFace = 0.4;

struct FaceReading {
  std::vector<std::string> classes;
  std::vector<double> probabilities;  ///< [classes]
  std::string label;                  ///< the likeliest class
  double confidence = 0;              ///< its probability
  Emotion emotion;                    ///< expectation of the classes' points
  int sign = 0;                       ///< the seed's label: +1 if happy is likelier than sad, else -1
  bool sure() const { return confidence >= kSureFace; }
};

/// A class's point: mean ratings of its adjective in the Affective Norms for English Words (Bradley & Lang, technical
/// report C-1, 1999), whose scales from 1 to 9 are mapped to [-1, 1]; neutral is their middle.
/// @throws std::invalid_argument for a class that has none
Emotion point_of_class(const std::string& name);

/// Says whether every class has a point, and happy and sad are among them. @throws ModelError
void check_face_classes(const FaceSpec& spec, const std::string& where);

FaceReading read_face(const FaceSpec& spec, std::span<const double> probabilities);

}  // namespace engine
