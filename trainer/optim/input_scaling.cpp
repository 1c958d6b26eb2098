#include "trainer/optim/input_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainer {
namespace {

struct Moments {
  double mean, deviation;
};

Moments moments_of(const Corpus& corpus, engine::Field field, double scale, double cap_s) {
  const double cap = cap_s > 0 ? cap_s : std::numeric_limits<double>::infinity();
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < corpus.notes(); ++i) {
    double x = corpus.pitch[i];
    if (field == engine::Field::step) x = std::min<double>(corpus.step_s[i], cap);
    if (field == engine::Field::duration) x = std::min<double>(corpus.duration_s[i], cap);
    sum += x, squares += x * x;
  }
  const double n = std::max<double>(1, static_cast<double>(corpus.notes())), mean = sum / n;
  return {scale * mean, std::abs(scale) * std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

}  // namespace

InputScaling::InputScaling(const engine::ModelSpec& spec, const ParameterLayout& layout, const Corpus& corpus,
                           std::array<double, 3> gains, double cap_s)
    : weight_(layout.slot("lstm.weight_ih_l0")),
      bias_ih_(layout.slot("lstm.bias_ih_l0")),
      inputs_(static_cast<std::size_t>(spec.input_columns())) {
  std::size_t column = 0;
  for (const engine::InputSpec& input : spec.inputs) {
    const double gain = gains[static_cast<std::size_t>(input.field)];
    if (input.encoding == engine::Encoding::scaled && gain > 0) {
      const Moments m = moments_of(corpus, input.field, input.scale, cap_s);
      if (m.deviation > 0) columns_.push_back({column, m.mean, gain / m.deviation});
    }
    column += static_cast<std::size_t>(input.columns());
  }
}

void InputScaling::to_network(std::span<const float> trained, std::span<float> network) const {
  std::copy(trained.begin(), trained.end(), network.begin());
  for (std::size_t n = 0; n < bias_ih_.size; ++n) {
    double bias = trained[bias_ih_.offset + n];
    for (const Column& c : columns_) {
      const std::size_t at = weight_.offset + n * inputs_ + c.index;
      const double w = trained[at] * c.gain;
      network[at] = static_cast<float>(w);
      bias -= w * c.shift;
    }
    network[bias_ih_.offset + n] = static_cast<float>(bias);
  }
}

void InputScaling::to_trained_gradient(std::span<float> gradient) const {
  for (std::size_t n = 0; n < bias_ih_.size; ++n) {
    const double bias = gradient[bias_ih_.offset + n];
    for (const Column& c : columns_) {
      float& w = gradient[weight_.offset + n * inputs_ + c.index];
      w = static_cast<float>(c.gain * (w - c.shift * bias));
    }
  }
}

}  // namespace trainer
