#include "trainer/bptt/cpu/shard.h"

#include <algorithm>

#include "kernels/cpu/train.h"
#include "trainer/bptt/dropout.h"

namespace trainer {
namespace {

using engine::Encoding;
using engine::InputSpec;
using kernels::Start;

/// Forward through a stack; the first layer reads `x`.
void forward_stack(const std::vector<DenseLayer>& layers, std::vector<DenseWork>& works, std::size_t rows, Rows x) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].forward(works[i], rows, x.data, x.ld);
    x = {works[i].y.data(), layers[i].y_ld()};
  }
}

/// Back through a stack; the first layer's input gradient goes to dx.
void backward_stack(const std::vector<DenseLayer>& layers, std::vector<DenseWork>& works, std::size_t rows, float* dx,
                    std::size_t dx_ld, Start start) {
  for (std::size_t i = layers.size(); i-- > 0;) {
    if (i > 0) {
      layers[i].backward(works[i], rows, works[i - 1].dy.data(), layers[i - 1].outputs(), Start::zero);
    } else {
      layers[0].backward(works[0], rows, dx, dx_ld, start);
    }
  }
}

}  // namespace

Shard::Shard(const Network& network, const ShardShape& shape, std::size_t first)
    : network_(network),
      shape_(shape),
      first_(first),
      lstm_(network.lstm.size()),
      trunk_(network.trunk.size()),
      branches_(network.branches.size()) {
  for (std::size_t l = 0; l < lstm_.size(); ++l) {
    const LstmLayer& layer = network.lstm[l];
    layer.resize(lstm_[l], shape);
    const bool own_copy = l == 0 ? !layer.folded() : network.spec.dropout > 0;
    if (own_copy) lstm_[l].x.resize(shape.rows() * layer.inputs());
  }
  for (std::size_t i = 0; i < trunk_.size(); ++i) network.trunk[i].resize(trunk_[i], shape.loss_rows());
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    branches_[b].resize(network.branches[b].size());
    for (std::size_t i = 0; i < branches_[b].size(); ++i) {
      network.branches[b][i].resize(branches_[b][i], shape.loss_rows());
    }
  }
  std::size_t column = 0;
  for (const InputSpec& input : network.spec.inputs) {
    if (input.encoding == Encoding::embedding) embedding_columns_.push_back(column);
    column += static_cast<std::size_t>(input.columns());
  }
  if (!embedding_columns_.empty()) dx_.resize(shape.rows() * column);
}

Rows Shard::features() const {
  if (!trunk_.empty()) return {trunk_.back().y.data(), network_.trunk.back().y_ld()};
  const LstmLayer& top = network_.lstm.back();
  const float* outputs = top.outputs(lstm_.back(), shape_);
  return {outputs + shape_.first_loss_step * shape_.batch * top.row_ld(), top.row_ld()};
}

Rows Shard::layer_input(std::size_t layer) const {
  if (lstm_[layer].x.size() > 0) return {lstm_[layer].x.data(), network_.lstm[layer].inputs()};
  if (layer == 0) return {nullptr, 0};
  const LstmLayer& below = network_.lstm[layer - 1];
  return {below.outputs(lstm_[layer - 1], shape_), below.row_ld()};
}

void Shard::encode(std::span<const float> parameters, const Batch& batch) {
  const LstmLayer& bottom = network_.lstm[0];
  LstmWork& work = lstm_[0];
  float* x = bottom.folded() ? work.rows.data() + bottom.first_x() : work.x.data();
  const std::size_t ld = bottom.folded() ? bottom.row_ld() : bottom.inputs();
  for (std::size_t row = 0; row < shape_.rows(); ++row, x += ld) {
    const std::size_t from = row / shape_.batch * static_cast<std::size_t>(batch.batch) + first_ + row % shape_.batch;
    float* to = x;
    for (const InputSpec& input : network_.spec.inputs) {
      const float value = batch.inputs[field_index(input.field)][from];
      const auto columns = static_cast<std::size_t>(input.columns()), k = static_cast<std::size_t>(value);
      if (input.encoding == Encoding::scaled) *to = value * static_cast<float>(input.scale);
      if (input.encoding == Encoding::one_hot) std::fill_n(to, columns, 0.0f), to[k] = 1;
      if (input.encoding == Encoding::embedding) {
        std::copy_n(&parameters[network_.embedding.offset + k * columns], columns, to);
      }
      to += columns;
    }
  }
}

void Shard::scale_by_dropout(const Batch& batch, std::size_t layer, float* values, std::size_t ld,
                             std::size_t columns) const {
  const auto whole = static_cast<std::size_t>(batch.batch);
  float factors[4];
  std::size_t quad = static_cast<std::size_t>(-1);
  for (std::size_t row = 0; row < shape_.rows(); ++row) {
    const std::size_t from = row / shape_.batch * whole + first_ + row % shape_.batch;
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t i = from * columns + j;
      if (i / 4 != quad) {
        quad = i / 4;
        dropout_factors(batch.seed, batch.iteration, static_cast<int>(layer), static_cast<std::uint32_t>(quad),
                        network_.spec.dropout, factors);
      }
      values[row * ld + j] *= factors[i % 4];
    }
  }
}

ShardLosses Shard::forward(std::span<const float> parameters, const Batch& batch, double counted, bool dropout) {
  encode(parameters, batch);
  for (std::size_t l = 0; l < lstm_.size(); ++l) {
    const LstmLayer& layer = network_.lstm[l];
    if (l > 0 && lstm_[l].x.size() > 0) {
      const LstmLayer& below = network_.lstm[l - 1];
      const float* h = below.outputs(lstm_[l - 1], shape_);
      float* x = lstm_[l].x.data();
      for (std::size_t r = 0; r < shape_.rows(); ++r) {
        std::copy_n(h + r * below.row_ld(), layer.inputs(), x + r * layer.inputs());
      }
      if (dropout) scale_by_dropout(batch, l - 1, x, layer.inputs(), layer.inputs());
    }
    const Rows x = layer_input(l);
    layer.forward(lstm_[l], shape_, x.data, x.ld);
  }
  const LstmLayer& top = network_.lstm.back();
  const float* outputs = top.outputs(lstm_.back(), shape_);
  forward_stack(network_.trunk, trunk_, shape_.loss_rows(),
                {outputs + shape_.first_loss_step * shape_.batch * top.row_ld(), top.row_ld()});
  ShardLosses losses;
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    forward_stack(network_.branches[b], branches_[b], shape_.loss_rows(), features());
  }
  for (std::size_t h = 0; h < network_.heads.size(); ++h) {
    losses.heads.push_back(head_loss(h, batch, counted, losses.correct));
  }
  return losses;
}

void Shard::backward_dense() {
  const LstmLayer& top = network_.lstm.back();
  float* dh = lstm_.back().dh.data() + shape_.first_loss_step * shape_.batch * top.hidden();
  float* d_features = trunk_.empty() ? dh : trunk_.back().dy.data();
  const std::size_t ld = trunk_.empty() ? top.hidden() : network_.trunk.back().outputs();
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    backward_stack(network_.branches[b], branches_[b], shape_.loss_rows(), d_features, ld,
                   b == 0 ? Start::zero : Start::keep);
  }
  backward_stack(network_.trunk, trunk_, shape_.loss_rows(), dh, top.hidden(), Start::zero);
}

void Shard::backward(const Batch& batch, bool dropout) {
  backward_dense();
  for (std::size_t l = lstm_.size(); l-- > 0;) {
    const LstmLayer& layer = network_.lstm[l];
    layer.backward(lstm_[l], shape_, l + 1 == lstm_.size() ? shape_.first_loss_step : 0);
    if (l > 0) {
      float* dh = lstm_[l - 1].dh.data();
      layer.input_gradient(lstm_[l], shape_, dh, layer.inputs());
      if (dropout && network_.spec.dropout > 0) scale_by_dropout(batch, l - 1, dh, layer.inputs(), layer.inputs());
    } else if (dx_.size() > 0) {
      layer.input_gradient(lstm_[0], shape_, dx_.data(), layer.inputs());
    }
  }
}

Rows Shard::head_outputs(std::size_t head) const {
  const auto& [branch, first] = network_.heads[head];
  return {branches_[branch].back().y.data() + first, network_.branches[branch].back().y_ld()};
}

LstmLayer::Operand Shard::lstm_operand(std::size_t layer) const {
  const Rows x = layer_input(layer);
  return {&lstm_[layer], x.data, x.ld, shape_.rows()};
}

DenseLayer::Operand Shard::trunk_operand(std::size_t layer) const {
  if (layer > 0) {
    return {&trunk_[layer], trunk_[layer - 1].y.data(), network_.trunk[layer - 1].y_ld(), shape_.loss_rows()};
  }
  const LstmLayer& top = network_.lstm.back();
  const float* outputs = top.outputs(lstm_.back(), shape_);
  return {&trunk_[0], outputs + shape_.first_loss_step * shape_.batch * top.row_ld(), top.row_ld(), shape_.loss_rows()};
}

DenseLayer::Operand Shard::branch_operand(std::size_t branch, std::size_t layer) const {
  const std::vector<DenseWork>& works = branches_[branch];
  if (layer > 0) {
    return {&works[layer], works[layer - 1].y.data(), network_.branches[branch][layer - 1].y_ld(), shape_.loss_rows()};
  }
  const Rows x = features();
  return {&works[0], x.data, x.ld, shape_.loss_rows()};
}

void Shard::embedding_gradient(const Batch& batch, std::span<float> gradients) const {
  const std::size_t ld = network_.lstm[0].inputs();
  std::size_t which = 0;
  for (const InputSpec& input : network_.spec.inputs) {
    if (input.encoding != Encoding::embedding) continue;
    const std::size_t first = embedding_columns_[which++], width = static_cast<std::size_t>(input.width);
    for (std::size_t row = 0; row < shape_.rows(); ++row) {
      const std::size_t from = row / shape_.batch * static_cast<std::size_t>(batch.batch) + first_ + row % shape_.batch;
      const auto k = static_cast<std::size_t>(batch.inputs[field_index(input.field)][from]);
      float* to = &gradients[network_.embedding.offset + k * width];
      for (std::size_t i = 0; i < width; ++i) to[i] += dx_.data()[row * ld + first + i];
    }
  }
}

}  // namespace trainer
