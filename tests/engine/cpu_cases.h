// Networks of every shape that a description allows, for comparisons of devices.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "engine/generate/make.h"
#include "tests/support/tiny_models.h"

namespace support {

struct NetworkCase {
  std::string name;
  engine::ModelSpec spec;
};

inline void PrintTo(const NetworkCase& c, std::ostream* out) { *out << c.name; }

inline engine::ModelSpec embedding_spec() {
  using namespace engine;
  ModelSpec spec = tiny_spec({19, 33}, /*window=*/6, /*pitches=*/100);
  spec.inputs = {{.field = Field::step, .scale = 2},
                 {.field = Field::pitch, .encoding = Encoding::embedding, .classes = 90, .width = 7},
                 {.field = Field::duration},
                 {.field = Field::pitch, .encoding = Encoding::one_hot, .classes = 128}};
  return spec;
}

inline engine::ModelSpec deep_heads_spec() {
  using namespace engine;
  ModelSpec spec = tiny_spec({24}, /*window=*/5, /*pitches=*/128);
  spec.dense = {{20, Activation::relu}, {9, Activation::tanh}};
  spec.heads[0].hidden = {{33, Activation::tanh}};
  spec.heads[1].activation = Activation::relu;
  spec.heads[2].hidden = {{5, Activation::relu}, {4, Activation::linear}};
  return spec;
}

inline std::vector<NetworkCase> network_cases() {
  return {{"seed", engine::seed_spec()},
          {"one_unit", tiny_spec({1}, 3, 12)},
          {"padded_layers", tiny_spec({5, 17, 3}, 4, 33)},
          {"window_of_one", tiny_spec({16, 8}, 1, 12)},
          {"embedding", embedding_spec()},
          {"deep_heads", deep_heads_spec()}};
}

/// NETWORK_window or NETWORK_carry.
inline std::string case_name(const testing::TestParamInfo<std::tuple<NetworkCase, engine::StateMode>>& at) {
  return std::get<0>(at.param).name + (std::get<1>(at.param) == engine::StateMode::window ? "_window" : "_carry");
}

/// A model of a case with clusters; steps and durations of a note or so.
inline engine::Model model_of(const engine::ModelSpec& spec) {
  engine::Model model = tiny_model(spec);
  model.clusters = tiny_clusters();
  return model;
}

inline engine::Expression happy() {
  engine::Expression expression;
  expression.emotion = {0.5, -0.5};
  expression.sampling.alpha = 0.7;
  expression.sampling.beta = 0.9;
  expression.sampling.temperature = 1.3;
  expression.program = 11;
  return expression;
}

}  // namespace support
