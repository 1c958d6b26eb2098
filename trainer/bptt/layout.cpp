#include "trainer/bptt/layout.h"

#include <algorithm>
#include <stdexcept>

namespace trainer {

ParameterLayout::ParameterLayout(const engine::ModelSpec& spec) {
  constexpr std::size_t kAlign = 16;
  engine::check_spec(spec, spec.name);
  for (const auto& [name, shape] : engine::tensor_shapes(spec)) {
    std::size_t count = 1;
    for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    index_[name] = slots_.size();
    slots_.push_back({name, shape, size_, count});
    size_ += (count + kAlign - 1) / kAlign * kAlign;
  }
}

const Slot& ParameterLayout::slot(const std::string& name) const {
  const auto it = index_.find(name);
  if (it == index_.end()) throw std::out_of_range("no tensor " + name + " in this network");
  return slots_[it->second];
}

std::vector<float> ParameterLayout::gather(const std::map<std::string, engine::Tensor>& tensors) const {
  std::vector<float> flat(size_, 0.0f);
  for (const Slot& slot : slots_) {
    const std::vector<float>& values = tensors.at(slot.name).values;
    if (values.size() != slot.size) throw std::invalid_argument("tensor " + slot.name + " has another size");
    std::copy(values.begin(), values.end(), flat.begin() + static_cast<std::ptrdiff_t>(slot.offset));
  }
  return flat;
}

std::map<std::string, engine::Tensor> ParameterLayout::scatter(std::span<const float> flat) const {
  std::map<std::string, engine::Tensor> tensors;
  for (const Slot& slot : slots_) {
    const auto values = flat.subspan(slot.offset, slot.size);
    tensors[slot.name] = {slot.shape, std::vector<float>(values.begin(), values.end())};
  }
  return tensors;
}

}  // namespace trainer
