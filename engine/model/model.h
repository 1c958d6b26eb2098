// A network with its weights, and its way from and to a table of tensors.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/data/tensor_table.h"
#include "engine/emotion/clusters.h"
#include "engine/model/spec.h"

namespace engine {

struct Model {
  ModelSpec spec;
  std::map<std::string, Tensor> tensors;  ///< PyTorch's names and gate order i f g o; complete and finite
  std::optional<Clusters> clusters;
  std::map<std::string, std::string> card;  ///< licence, provenance: metadata we pass on but do not interpret

  const Tensor& tensor(const std::string& name) const;  ///< throws ModelError for an unknown name
  std::size_t parameters() const;                       ///< number of weights
};

/// Names and shapes of every tensor that `spec` needs.
std::map<std::string, std::vector<std::int64_t>> tensor_shapes(const ModelSpec& spec);

/// Opens a table: by the spec in its metadata, or, where there is none, as a plain PyTorch state dict of the seed's
/// family (layers and sizes from the shapes, linear heads, scaled pitch, the seed's window).
/// @param where  file name for messages
/// @throws ModelError for a missing tensor, a wrong or impossible shape, a value that is not finite
Model model_from_table(TensorTable table, const std::string& where);
TensorTable table_from_model(const Model& model);

/// Fresh weights: uniform in +-1/sqrt(hidden) as PyTorch's nn.LSTM and nn.Linear (fan-in) do, drawn by counter from
/// `seed`, so that they are the same on every machine.
Model new_model(const ModelSpec& spec, std::uint64_t seed);

}  // namespace engine
