#include "trainer/bptt/reference.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/model/losses.h"
#include "trainer/bptt/dropout.h"
#include "trainer/bptt/reference_layers.h"

namespace trainer {
namespace {

using namespace reference;
using engine::DenseSpec;
using engine::Encoding;
using engine::HeadSpec;
using engine::InputSpec;

/// Names to weights and gradients.
struct Access {
  const ParameterLayout& layout;
  std::span<const double> parameters;
  std::span<double> gradients;
  Weights w(const std::string& name) const {
    const Slot& s = layout.slot(name);
    return parameters.subspan(s.offset, s.size);
  }
  Gradient g(const std::string& name) const {
    const Slot& s = layout.slot(name);
    return gradients.subspan(s.offset, s.size);
  }
  LstmWeights lstm_w(const std::string& l) const {
    return {w("lstm.weight_ih" + l), w("lstm.weight_hh" + l), w("lstm.bias_ih" + l), w("lstm.bias_hh" + l)};
  }
  LstmGradients lstm_g(const std::string& l) const {
    return {g("lstm.weight_ih" + l), g("lstm.weight_hh" + l), g("lstm.bias_ih" + l), g("lstm.bias_hh" + l)};
  }
};

constexpr const char* kTable = "pitch_embedding.weight";

Matrix encode(const engine::ModelSpec& spec, const Batch& batch, const Access& access) {
  Matrix x(batch.size(), static_cast<std::size_t>(spec.input_columns()));
  std::size_t column = 0;
  for (const InputSpec& input : spec.inputs) {
    const auto columns = static_cast<std::size_t>(input.columns());
    for (std::size_t row = 0; row < x.rows; ++row) {
      const double value = batch.inputs[field_index(input.field)][row];
      const auto k = static_cast<std::size_t>(value);
      if (input.encoding == Encoding::scaled) x.at(row, column) = value * input.scale;
      if (input.encoding == Encoding::one_hot) x.at(row, column + k) = 1;
      for (std::size_t i = 0; input.encoding == Encoding::embedding && i < columns; ++i) {
        x.at(row, column + i) = access.w(kTable)[k * columns + i];
      }
    }
    column += columns;
  }
  return x;
}

void encode_backward(const engine::ModelSpec& spec, const Batch& batch, const Matrix& dx, const Access& access) {
  std::size_t column = 0;
  for (const InputSpec& input : spec.inputs) {
    const auto columns = static_cast<std::size_t>(input.columns());
    for (std::size_t row = 0; input.encoding == Encoding::embedding && row < dx.rows; ++row) {
      const auto k = static_cast<std::size_t>(batch.inputs[field_index(input.field)][row]);
      for (std::size_t i = 0; i < columns; ++i) access.g(kTable)[k * columns + i] += dx.at(row, column + i);
    }
    column += columns;
  }
}

void apply_dropout(Matrix& x, const Batch& batch, int layer, double rate) {
  for (std::size_t i = 0; i < x.values.size(); i += 4) {
    float factors[4];
    dropout_factors(batch.seed, batch.iteration, layer, static_cast<std::uint32_t>(i / 4), rate, factors);
    for (std::size_t k = i; k < std::min(i + 4, x.values.size()); ++k) x.values[k] *= factors[k - i];
  }
}

/// A stack of dense layers NAME.0, NAME.1 ..: what went into each, and what came out of the last.
struct Stack {
  std::vector<Matrix> values;
};

Stack stack_forward(const std::string& name, const std::vector<DenseSpec>& layers, const Matrix& x, const Access& a) {
  Stack stack{{x}};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string layer = name + "." + std::to_string(i);
    Matrix y = linear(stack.values.back(), a.w(layer + ".weight"), a.w(layer + ".bias"),
                      static_cast<std::size_t>(layers[i].size));
    activate(y, layers[i].activation);
    stack.values.push_back(std::move(y));
  }
  return stack;
}

Matrix stack_backward(const std::string& name, const std::vector<DenseSpec>& layers, const Stack& stack, Matrix d,
                      const Access& a) {
  for (std::size_t i = layers.size(); i-- > 0;) {
    const std::string layer = name + "." + std::to_string(i);
    activate_backward(stack.values[i + 1], d, layers[i].activation);
    d = linear_backward(stack.values[i], a.w(layer + ".weight"), d, a.g(layer + ".weight"), a.g(layer + ".bias"));
  }
  return d;
}

/// Cross-entropy of one row; d receives softmax - onehot.
double cross_entropy(const double* y, std::size_t size, std::size_t target, double* d) {
  const double top = *std::max_element(y, y + size);
  double sum = 0;
  for (std::size_t k = 0; k < size; ++k) sum += std::exp(y[k] - top);
  for (std::size_t k = 0; k < size; ++k) d[k] = std::exp(y[k] - top) / sum - (k == target ? 1 : 0);
  return std::log(sum) + top - y[target];
}

/// Mean loss of one head over the counted rows; dy receives the gradient of weight * mean.
double head_loss(const HeadSpec& head, const Batch& batch, const Matrix& y, double counted, Matrix& dy,
                 Losses& losses) {
  const std::vector<float>& targets = batch.targets[field_index(head.field)];
  double sum = 0;
  for (std::size_t row = 0; row < y.rows; ++row) {
    if (batch.mask[row] == 0) continue;
    const double* values = &y.values[row * y.cols];
    if (head.distribution == engine::Distribution::categorical) {
      const auto target = static_cast<std::size_t>(targets[row]);
      sum += cross_entropy(values, y.cols, target, &dy.values[row * y.cols]);
      losses.correct += static_cast<std::size_t>(std::max_element(values, values + y.cols) - values) == target;
    } else {
      const double error = values[0] - targets[row];
      sum += error * error + engine::kNegativePenaltyWeight * std::max(-values[0], 0.0);
      dy.at(row, 0) = 2 * error - (values[0] < 0 ? engine::kNegativePenaltyWeight : 0);
    }
  }
  for (double& d : dy.values) d *= head.loss_weight / counted;
  return sum / counted;
}

/// Forward and backward through every head; returns dL/dfeatures.
Matrix all_heads(const engine::ModelSpec& spec, const Batch& batch, const Matrix& features, const Access& access,
                 ReferenceResult& result) {
  double counted = 0;
  for (const float m : batch.mask) counted += m;
  result.losses.targets = static_cast<std::int64_t>(counted);
  Matrix d_features(features.rows, features.cols);
  for (const HeadSpec& head : spec.heads) {
    const std::string name = head.name + "_head";
    const Stack stack = stack_forward(name + ".hidden", head.hidden, features, access);
    Matrix y = linear(stack.values.back(), access.w(name + ".weight"), access.w(name + ".bias"),
                      static_cast<std::size_t>(head.size));
    activate(y, head.activation);
    Matrix dy(y.rows, y.cols);
    result.losses.heads.push_back(head_loss(head, batch, y, counted, dy, result.losses));
    result.losses.total += head.loss_weight * result.losses.heads.back();
    activate_backward(y, dy, head.activation);
    Matrix d = linear_backward(stack.values.back(), access.w(name + ".weight"), dy, access.g(name + ".weight"),
                               access.g(name + ".bias"));
    d = stack_backward(name + ".hidden", head.hidden, stack, std::move(d), access);
    for (std::size_t i = 0; i < d.values.size(); ++i) d_features.values[i] += d.values[i];
    result.outputs.push_back(std::move(y.values));
  }
  return d_features;
}

}  // namespace

ReferenceResult reference_pass(const engine::ModelSpec& spec, const ParameterLayout& layout,
                               std::span<const double> parameters, const Batch& batch, bool dropout) {
  ReferenceResult result;
  result.gradients.assign(layout.size(), 0.0);
  const Access access{layout, parameters, result.gradients};
  const auto b = static_cast<std::size_t>(batch.batch);
  const double rate = dropout ? spec.dropout : 0.0;

  std::vector<Matrix> inputs = {encode(spec, batch, access)};  // of each layer
  std::vector<LstmTrace> traces;
  for (std::size_t l = 0; l < spec.lstm.size(); ++l) {
    const auto hidden = static_cast<std::size_t>(spec.lstm[l]);
    traces.push_back(lstm(inputs[l], access.lstm_w("_l" + std::to_string(l)), b, hidden));
    inputs.push_back(traces[l].h);
    if (l + 1 < spec.lstm.size() && rate > 0) apply_dropout(inputs.back(), batch, static_cast<int>(l), rate);
  }
  const Stack dense = stack_forward("dense", spec.dense, inputs.back(), access);
  Matrix d = all_heads(spec, batch, dense.values.back(), access, result);
  d = stack_backward("dense", spec.dense, dense, std::move(d), access);
  for (std::size_t l = spec.lstm.size(); l-- > 0;) {
    if (l + 1 < spec.lstm.size() && rate > 0) apply_dropout(d, batch, static_cast<int>(l), rate);
    const std::string suffix = "_l" + std::to_string(l);
    d = lstm_backward(inputs[l], access.lstm_w(suffix), traces[l], d, b, access.lstm_g(suffix));
  }
  encode_backward(spec, batch, d, access);
  return result;
}

}  // namespace trainer
