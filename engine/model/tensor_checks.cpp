#include "engine/model/tensor_checks.h"

#include <cmath>
#include <utility>

#include "engine/data/error.h"

namespace engine {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& hint) {
  throw ModelError({"open model", where, why, hint});
}

void check_tensor(const std::string& name, const Tensor& tensor, const std::vector<std::int64_t>& shape,
                  const std::string& where) {
  if (tensor.shape != shape) {
    refuse(where, "tensor " + name + " is " + shape_text(tensor.shape) + ", its description needs " + shape_text(shape),
           "the weights and the description are of different models: export both again");
  }
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    if (!std::isfinite(tensor.values[i])) {
      refuse(where,
             "tensor " + name + " holds " + std::to_string(tensor.values[i]) + " at position " + std::to_string(i) +
                 ", expected finite numbers",
             "training diverged or the file is damaged: use an earlier checkpoint");
    }
  }
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::map<std::string, Tensor> take_tensors(TensorTable& table, const TensorShapes& shapes, const std::string& where) {
  std::map<std::string, Tensor> taken;
  for (const auto& [name, shape] : shapes) {
    const auto it = table.tensors.find(name);
    if (it == table.tensors.end()) {
      refuse(where, "tensor " + name + " is missing; expected " + shape_text(shape),
             "export the model with PyTorch's names, or train one with affetto train");
    }
    check_tensor(name, it->second, shape, where);
    taken[name] = std::move(it->second);
  }
  return taken;
}

}  // namespace engine
