// What every kind of weights file is held to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/data/tensor_table.h"

namespace engine {

using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

std::string shape_text(const std::vector<std::int64_t>& shape);

/// Takes out of the table the tensors that a description needs.
/// @throws ModelError for one that is missing, of another shape, or holds a value that is not finite
std::map<std::string, Tensor> take_tensors(TensorTable& table, const TensorShapes& shapes, const std::string& where);

}  // namespace engine
