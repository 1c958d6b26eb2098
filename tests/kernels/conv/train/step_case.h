// Small face networks to train, random parameters and batches.
#pragma once

#include <cmath>
#include <cstddef>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "trainer/face/batch.h"
#include "trainer/face/layout.h"

namespace kernels {

struct TrainCase {
  const char* name;
  int side;
  std::vector<engine::FaceStage> stages;
  int classes;
  std::size_t count;  ///< pictures
  double dropout = 0;
  friend void PrintTo(const TrainCase& c, std::ostream* out) { *out << c.name; }
};

inline engine::FaceSpec spec_of(const TrainCase& c) {
  engine::FaceSpec spec;
  spec.name = "small";
  spec.side = c.side;
  spec.stages = c.stages;
  for (int k = 0; k < c.classes; ++k) spec.classes.push_back("class " + std::to_string(k));
  return spec;
}

/// Scales of both signs: under a negative one pooling takes the lowest.
inline std::vector<float> random_parameters(const engine::FaceSpec& spec, const trainer::FaceLayout& layout) {
  std::vector<float> parameters(layout.size);
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> value(-0.5f, 0.5f);
  for (const trainer::FaceLayout::Stage& stage : layout.stages) {
    const float deviation = std::sqrt(2.0f / (9.0f * static_cast<float>(stage.in)));
    for (float& v : stage.conv.of(std::span(parameters))) v = deviation * normal(random);
    for (float& v : stage.gamma.of(std::span(parameters))) v = 1 + value(random);
    for (float& v : stage.beta.of(std::span(parameters))) v = value(random);
    parameters[stage.gamma.at] *= -1;
  }
  const float deviation = std::sqrt(4.0f / static_cast<float>(spec.features()));
  for (float& v : layout.head_weight.of(std::span(parameters))) v = deviation * normal(random);
  for (float& v : layout.head_bias.of(std::span(parameters))) v = value(random);
  return parameters;
}

inline trainer::FaceBatch random_batch(const TrainCase& c, unsigned seed = 5) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  std::uniform_real_distribution<float> share(0.05f, 1);
  trainer::FaceBatch batch;
  batch.count = c.count, batch.dropout = c.dropout, batch.seed = 3, batch.iteration = 8 + seed;
  batch.pictures.resize(c.count * static_cast<std::size_t>(c.side * c.side));
  for (float& v : batch.pictures) v = value(random);
  for (std::size_t i = 0; i < c.count; ++i) {
    std::vector<float> row(static_cast<std::size_t>(c.classes));
    float sum = 0;
    for (float& v : row) sum += v = share(random);
    for (const float v : row) batch.targets.push_back(v / sum);
  }
  return batch;
}

}  // namespace kernels
