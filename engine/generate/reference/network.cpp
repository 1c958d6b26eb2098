#include "engine/generate/reference/network.h"

#include <algorithm>
#include <cmath>

namespace engine::reference {
namespace {

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double activate(double x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
    default:
      return x;
  }
}

double field_value(const Note& note, Field field) {
  switch (field) {
    case Field::pitch:
      return note.pitch;
    case Field::step:
      return note.step_s;
    default:
      return note.duration_s;
  }
}

/// y = bias + W x, W row-major.
Vector affine(const Tensor& weight, const Tensor& bias, const Vector& x) {
  Vector y(bias.values.size());
  for (std::size_t row = 0; row < y.size(); ++row) {
    y[row] = bias.values[row];
    for (std::size_t k = 0; k < x.size(); ++k) y[row] += double{weight.values[row * x.size() + k]} * x[k];
  }
  return y;
}

}  // namespace

State Network::zero_state() const {
  State state;
  for (const int hidden : model_.spec.lstm) {
    state.h.emplace_back(static_cast<std::size_t>(hidden), 0.0);
    state.c.emplace_back(static_cast<std::size_t>(hidden), 0.0);
  }
  return state;
}

Vector Network::input(const Note& note) const {
  Vector x;
  for (const InputSpec& in : model_.spec.inputs) {
    const double value = field_value(note, in.field);
    if (in.encoding == Encoding::scaled) {
      x.push_back(value * in.scale);
      continue;
    }
    const auto index = static_cast<std::size_t>(std::clamp(static_cast<int>(value), 0, in.classes - 1));
    if (in.encoding == Encoding::one_hot) {
      x.resize(x.size() + static_cast<std::size_t>(in.classes), 0.0);
      x[x.size() - static_cast<std::size_t>(in.classes) + index] = 1.0;
    } else {
      const Tensor& table = model_.tensor("pitch_embedding.weight");
      const auto width = static_cast<std::size_t>(in.width);
      x.insert(x.end(), table.values.begin() + static_cast<std::ptrdiff_t>(index * width),
               table.values.begin() + static_cast<std::ptrdiff_t>((index + 1) * width));
    }
  }
  return x;
}

void Network::consume(State& state, const Note& note) const {
  Vector x = input(note);
  for (std::size_t layer = 0; layer < state.h.size(); ++layer) {
    const std::string suffix = "_l" + std::to_string(layer);
    const Vector from_input =
        affine(model_.tensor("lstm.weight_ih" + suffix), model_.tensor("lstm.bias_ih" + suffix), x);
    const Vector from_state =
        affine(model_.tensor("lstm.weight_hh" + suffix), model_.tensor("lstm.bias_hh" + suffix), state.h[layer]);
    const std::size_t hidden = state.h[layer].size();
    for (std::size_t j = 0; j < hidden; ++j) {
      const auto gate = [&](std::size_t k) { return from_input[k * hidden + j] + from_state[k * hidden + j]; };
      const double i = logistic(gate(0)), f = logistic(gate(1)), g = std::tanh(gate(2)), o = logistic(gate(3));
      state.c[layer][j] = f * state.c[layer][j] + i * g;
      state.h[layer][j] = o * std::tanh(state.c[layer][j]);
    }
    x = state.h[layer];
  }
}

Vector Network::dense(const std::string& name, const Vector& x, Activation activation) const {
  Vector y = affine(model_.tensor(name + ".weight"), model_.tensor(name + ".bias"), x);
  for (double& value : y) value = activate(value, activation);
  return y;
}

Outputs Network::read(const State& state) const {
  Vector x = state.h.back();
  for (std::size_t i = 0; i < model_.spec.dense.size(); ++i) {
    x = dense("dense." + std::to_string(i), x, model_.spec.dense[i].activation);
  }
  Outputs outputs;
  for (const HeadSpec& head : model_.spec.heads) {
    Vector y = x;
    for (std::size_t i = 0; i < head.hidden.size(); ++i) {
      y = dense(head.name + "_head.hidden." + std::to_string(i), y, head.hidden[i].activation);
    }
    y = dense(head.name + "_head", y, head.activation);
    if (head.field == Field::pitch) outputs.pitch_logits = y;
    if (head.field == Field::step) outputs.step = y[0];
    if (head.field == Field::duration) outputs.duration = y[0];
  }
  return outputs;
}

Outputs Network::replay(std::span<const Note> notes) const {
  State state = zero_state();
  for (const Note& note : notes) consume(state, note);
  return read(state);
}

}  // namespace engine::reference
