#include "bench/faces/subjects.h"

#include <random>

namespace bench {

engine::FaceModel face_model() {
  engine::FaceModel model = engine::new_face_model(engine::face_spec(), 1);
  std::mt19937 random(2);
  std::uniform_real_distribution<float> value(0.5f, 1.5f);
  for (auto& [name, tensor] : model.tensors) {
    if (name.find("norm") == std::string::npos) continue;
    const bool around_zero = name.ends_with("bias") || name.ends_with("mean");
    for (float& v : tensor.values) v = value(random) - (around_zero ? 1.0f : 0.0f);
  }
  return model;
}

std::vector<float> random_pictures(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  const auto side = static_cast<std::size_t>(engine::face_spec().side);
  std::vector<float> pictures(count * side * side);
  for (float& v : pictures) v = value(random);
  return pictures;
}

std::vector<float> classify(engine::FaceNetwork& network, std::span<const float> pictures) {
  const auto side = static_cast<std::size_t>(network.spec().side);
  std::vector<double> probabilities(pictures.size() / (side * side) * network.spec().classes.size());
  network.classify(pictures, probabilities);
  return {probabilities.begin(), probabilities.end()};
}

}  // namespace bench
