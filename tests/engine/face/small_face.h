// A face network that is read in no time, and pictures for it.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "engine/face/model.h"

namespace engine {

inline FaceSpec small_face_spec() {
  FaceSpec spec;
  spec.name = "small";
  spec.side = 11;
  spec.stages = {{5, false}, {7, true}, {33, true}, {9, false}};
  spec.classes = {"happy", "sad", "neutral"};
  spec.temperature = 1.5;
  return spec;
}

/// With moments as a trained network has them.
inline FaceModel small_face_model() {
  FaceModel model = new_face_model(small_face_spec(), 4);
  std::mt19937 random(2);
  std::uniform_real_distribution<float> value(0.5f, 2.0f);
  for (auto& [name, tensor] : model.tensors) {
    if (name.find("norm") == std::string::npos) continue;
    for (float& v : tensor.values) v = name.find("var") != std::string::npos ? value(random) : value(random) - 1.2f;
  }
  return model;
}

inline std::vector<float> random_pictures(std::size_t count, const FaceSpec& spec) {
  std::mt19937 random(3);
  std::normal_distribution<float> value;
  std::vector<float> pictures(count * static_cast<std::size_t>(spec.side * spec.side));
  for (float& v : pictures) v = value(random);
  return pictures;
}

}  // namespace engine
