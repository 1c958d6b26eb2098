// Named tensors and text, as a weights file holds them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace engine {

struct Tensor {
  std::vector<std::int64_t> shape;  ///< row-major, no dimension below 0; a scalar has no dimension
  std::vector<float> values;        ///< product(shape) values
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

struct TensorTable {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
  friend bool operator==(const TensorTable&, const TensorTable&) = default;
};

}  // namespace engine
