// A face network with its weights, and its way from and to a table of tensors.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/data/tensor_table.h"
#include "engine/face/spec.h"
#include "engine/model/tensor_checks.h"

namespace engine {

/// Tensors, as PyTorch's nn.Conv2d, nn.BatchNorm2d and nn.Linear have them; convolutions have no bias:
///   stages.I.conv.weight [out, in, 3, 3]
///   stages.I.norm.weight, .bias, .running_mean, .running_var [out]
///   head.weight [classes, features], head.bias [classes]
struct FaceModel {
  FaceSpec spec;
  std::map<std::string, Tensor> tensors;    ///< complete and finite; no variance below 0
  std::map<std::string, std::string> card;  ///< licence, provenance: passed on, not interpreted

  const Tensor& tensor(const std::string& name) const { return tensors.at(name); }
  std::size_t parameters() const;  ///< numbers that were learnt; running moments are counted, not learnt
};

std::string stage_tensor(std::size_t stage, const std::string& name);  ///< "stages.I.NAME"
TensorShapes face_tensor_shapes(const FaceSpec& spec);

/// Whether a table's metadata describes a face network.
bool is_face_model(const TensorTable& table);
/// @throws ModelError as engine::model_from_table
FaceModel face_model_from_table(TensorTable table, const std::string& where);
TensorTable table_from_face_model(const FaceModel& model);

/// Fresh weights, drawn by counter from `seed`: convolutions Gaussian with variance 2 / (9 in) (He, Zhang, Ren & Sun,
/// "Delving deep into rectifiers", 2015), the head uniform in +-1/sqrt(features), normalisations 1 and 0.
FaceModel new_face_model(const FaceSpec& spec, std::uint64_t seed);

/// A stage's normalisation at rest, as y = z scale + shift.
struct ScaleShift {
  std::vector<double> scale, shift;
};
ScaleShift folded_norm(const FaceModel& model, std::size_t stage);

}  // namespace engine
