// What a file holds, as JSON and as lines.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "engine/data/note.h"
#include "engine/data/tensor_table.h"
#include "engine/emotion/clusters.h"

namespace app {

/// Clusters to judge a piece by, and where they are from.
struct Judge {
  engine::Clusters clusters;
  std::string source;  ///< file name
};

/// Format, tracks, notes, tempo, length, pitches, instruments, the nine features, cluster and distances (null without a
/// judge, or without notes), recipe (null if there is none).
nlohmann::ordered_json describe_midi(const engine::Score& score, const std::optional<Judge>& judge);
void print_midi(const nlohmann::ordered_json& midi);

/// A model's network, parameters, sampling, clusters and card; or a training checkpoint's progress, where the metadata
/// has keys of the trainer.
/// @throws engine::ModelError naming `name` for a table that is neither
nlohmann::ordered_json describe_tensors(engine::TensorTable table, const std::string& name);
void print_tensors(const nlohmann::ordered_json& tensors);

}  // namespace app
