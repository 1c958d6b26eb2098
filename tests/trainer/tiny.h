// Small networks and batches for the tests of the trainer.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "trainer/bptt/layout.h"
#include "trainer/data/batch.h"

namespace trainer::testing {

using engine::Activation;
using engine::Distribution;
using engine::Encoding;
using engine::Field;

inline constexpr int kClasses = 7;  ///< pitches in the tiny networks

/// `layers` LSTM layers of `hidden`, scaled inputs, three plain heads.
inline engine::ModelSpec tiny_spec(int layers, int hidden) {
  engine::ModelSpec spec;
  spec.name = "tiny";
  spec.inputs = {{.field = Field::pitch, .scale = 1.0 / kClasses}, {.field = Field::step}, {.field = Field::duration}};
  spec.lstm.assign(static_cast<std::size_t>(layers), hidden);
  spec.heads = {{.name = "pitch", .field = Field::pitch, .size = kClasses, .distribution = Distribution::categorical},
                {.name = "step", .field = Field::step, .loss_weight = 0.5},
                {.name = "duration", .field = Field::duration, .loss_weight = 2}};
  spec.heads[0].loss_weight = 0.7;
  spec.window = 4;
  return spec;
}

/// Every feature a spec can have: one-hot and embedded pitch, shared dense layers, heads with hidden layers.
inline engine::ModelSpec rich_spec(int layers, int hidden) {
  engine::ModelSpec spec = tiny_spec(layers, hidden);
  spec.inputs = {{.field = Field::pitch, .encoding = Encoding::one_hot, .classes = kClasses},
                 {.field = Field::step, .scale = 0.5},
                 {.field = Field::pitch, .encoding = Encoding::embedding, .classes = kClasses, .width = 3},
                 {.field = Field::duration}};
  spec.dense = {{.size = 5, .activation = Activation::tanh}, {.size = 6, .activation = Activation::relu}};
  spec.heads[0].hidden = {{.size = 5, .activation = Activation::relu}};
  spec.heads[1].hidden = {{.size = 3, .activation = Activation::tanh}, {.size = 4, .activation = Activation::linear}};
  spec.heads[1].activation = Activation::tanh;
  spec.heads[2].activation = Activation::relu;
  spec.dropout = layers > 1 ? 0.3 : 0.0;
  return spec;
}

/// Random notes; the mask is 0 before `first_loss_step` and, where `ragged`, at the ends of some sequences.
inline Batch random_batch(int steps, int batch, int first_loss_step, bool ragged, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> pitch(0, kClasses - 1);
  std::uniform_real_distribution<float> time(0.0f, 1.5f);
  Batch out;
  out.steps = steps, out.batch = batch, out.first_loss_step = first_loss_step;
  out.seed = seed, out.iteration = 3;
  for (auto* fields : {&out.inputs, &out.targets}) {
    for (auto& field : *fields) field.resize(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      (*fields)[0][i] = static_cast<float>(pitch(random));
      (*fields)[1][i] = time(random);
      (*fields)[2][i] = time(random);
    }
  }
  out.mask.assign(out.size(), 0.0f);
  for (int b = 0; b < batch; ++b) {
    const int length = ragged && b % 2 ? first_loss_step + 1 : steps;
    for (int t = first_loss_step; t < length; ++t) out.mask[static_cast<std::size_t>(t * batch + b)] = 1;
  }
  return out;
}

/// Weights of useful size (larger than a fresh network's, so that no gradient drowns in rounding); gaps stay 0.
inline std::vector<double> random_parameters(const ParameterLayout& layout, unsigned seed, double scale = 0.6) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> weight(-scale, scale);
  std::vector<double> flat(layout.size(), 0.0);
  for (const Slot& slot : layout.slots()) {
    for (std::size_t i = 0; i < slot.size; ++i) flat[slot.offset + i] = static_cast<float>(weight(random));
  }
  return flat;
}

}  // namespace trainer::testing
