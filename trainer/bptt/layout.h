// Where each tensor of a network lies in one flat array of parameters.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model.h"

namespace trainer {

struct Slot {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t offset = 0, size = 0;  ///< floats
};

/// Tensors in the order of their names, each at a multiple of 16 floats (a cache line). The gaps hold zeros, and stay
/// zero under every optimizer step because their gradients are zero.
class ParameterLayout {
 public:
  /// @throws engine::ModelError for an impossible spec
  explicit ParameterLayout(const engine::ModelSpec& spec);
  std::size_t size() const { return size_; }  ///< floats, gaps included
  const std::vector<Slot>& slots() const { return slots_; }
  const Slot& slot(const std::string& name) const;  ///< throws std::out_of_range for an unknown name

  std::vector<float> gather(const std::map<std::string, engine::Tensor>& tensors) const;
  std::map<std::string, engine::Tensor> scatter(std::span<const float> flat) const;

 private:
  std::vector<Slot> slots_;
  std::map<std::string, std::size_t> index_;
  std::size_t size_ = 0;
};

}  // namespace trainer
