// Small models and sequences that tests make for themselves.
#pragma once

#include <vector>

#include "engine/model/model.h"
#include "engine/model/presets.h"
#include "kernels/math/philox.h"

namespace support {

/// A network of the seed's family with few units and pitches.
inline engine::ModelSpec tiny_spec(std::vector<int> lstm = {5}, int window = 4, int pitches = 12) {
  engine::ModelSpec spec = engine::seed_spec();
  spec.name = "tiny";
  spec.lstm = std::move(lstm);
  spec.window = window;
  spec.inputs[0].scale = 1.0 / pitches;
  spec.heads[0].size = pitches;
  spec.sampling = {};
  return spec;
}

/// Centres between which the score is neither 0 nor 1.
inline engine::Clusters tiny_clusters() {
  engine::Clusters clusters;
  clusters.happy = {0.2, 0.5, 0.1, 0.2, 0.5, 0.1, 8, 11, 2};
  clusters.sad = {0.6, 1.5, 0.4, 0.6, 1.5, 0.4, 4, 7, 1};
  clusters.mean = {0.3, 1, 0.2, 0.3, 1, 0.2, 6, 9, 1.5};
  clusters.deviation = {0.2, 0.5, 0.2, 0.2, 0.5, 0.2, 3, 3, 1};
  return clusters;
}

/// Weights larger than fresh ones, so that outputs differ clearly between notes.
inline engine::Model tiny_model(const engine::ModelSpec& spec, std::uint64_t seed = 1, float gain = 2) {
  engine::Model model = engine::new_model(spec, seed);
  for (auto& [name, tensor] : model.tensors) {
    for (float& value : tensor.values) value *= gain;
  }
  // Steps and durations of a fresh network hover about zero; lift them to where notes are.
  model.tensors["step_head.bias"].values[0] = 0.4f;
  model.tensors["duration_head.bias"].values[0] = 0.5f;
  return model;
}

/// `count` notes with pitches below `pitches`, drawn by counter.
inline std::vector<engine::Note> random_notes(int count, int pitches, std::uint64_t seed = 3) {
  std::vector<engine::Note> notes;
  for (int i = 0; i < count; ++i) {
    const auto words = kernels::random_words(seed, 0, static_cast<std::uint32_t>(i), kernels::Purpose::kShuffle);
    notes.push_back({.step_s = static_cast<float>(kernels::uniform(words.w[0])),
                     .duration_s = static_cast<float>(kernels::uniform(words.w[1])),
                     .pitch = static_cast<std::uint8_t>(words.w[2] % static_cast<std::uint32_t>(pitches))});
  }
  if (!notes.empty()) notes[0].step_s = 0;
  return notes;
}

}  // namespace support
