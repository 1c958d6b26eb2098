#include "engine/model/spec.h"

#include <cmath>
#include <stdexcept>

#include "engine/data/error.h"

namespace engine {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw ModelError({"open model", where, why, "train a model with a preset, or mend the description in the file"});
}

void require(bool holds, const std::string& where, const std::string& why) {
  if (!holds) refuse(where, why);
}

std::string bounds(const std::string& name, double value, double low, double high) {
  auto number = [](double x) {
    std::string text = std::to_string(x);
    while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
      const bool point = text.back() == '.';
      text.pop_back();
      if (point) break;
    }
    return text;
  };
  return name + " is " + number(value) + ", expected " + number(low) + " to " + number(high);
}

void check_range(const std::string& where, const std::string& name, double value, double low, double high) {
  require(value >= low && value <= high, where, bounds(name, value, low, high));
}

void check_dense(const std::string& where, const std::string& name, const std::vector<DenseSpec>& layers) {
  check_range(where, "number of layers in " + name, static_cast<double>(layers.size()), 0, SpecLimits::kDense);
  for (const DenseSpec& layer : layers) check_range(where, "size in " + name, layer.size, 1, SpecLimits::kHidden);
}

void check_inputs(const ModelSpec& spec, const std::string& where) {
  require(!spec.inputs.empty() && spec.inputs.size() <= 16, where,
          "it has " + std::to_string(spec.inputs.size()) + " inputs, expected 1 to 16");
  for (const InputSpec& input : spec.inputs) {
    if (input.encoding == Encoding::scaled) {
      require(std::isfinite(input.scale), where, "an input's scale is not finite");
      continue;
    }
    require(input.field == Field::pitch, where, "only the pitch can be a class; step and duration are scaled numbers");
    check_range(where, "classes of an input", input.classes, 1, SpecLimits::kClasses);
    check_range(where, "width of an input", input.width, 1, SpecLimits::kHidden);
  }
}

void check_head(const HeadSpec& head, const std::string& where) {
  require(!head.name.empty(), where, "a head has no name");
  check_dense(where, head.name + " head", head.hidden);
  require(std::isfinite(head.loss_weight) && head.loss_weight >= 0, where, head.name + " head: loss weight below 0");
  if (head.field == Field::pitch) {
    // A pitch is a MIDI number: more classes than the file format has notes cannot be written.
    check_range(where, "size of the pitch head", head.size, 1, 128);
    require(head.distribution == Distribution::categorical, where, "the pitch head must be categorical");
  } else {
    require(head.size == 1 && head.distribution == Distribution::non_negative, where,
            head.name + " head must be one non-negative number");
  }
}

void check_heads(const ModelSpec& spec, const std::string& where) {
  for (const HeadSpec& head : spec.heads) check_head(head, where);
  for (const Field field : {Field::pitch, Field::step, Field::duration}) {
    int count = 0;
    for (const HeadSpec& head : spec.heads) count += head.field == field;
    require(count == 1, where, "it needs exactly one head for each of pitch, step and duration");
  }
}

void check_sampling(const Sampling& s, const std::string& where) {
  require(std::isfinite(s.temperature) && s.temperature > 0, where, "the default temperature is not above 0");
  check_range(where, "alpha", s.alpha, 0, 1e6);
  check_range(where, "beta", s.beta, 0, 1e6);
  check_range(where, "top_k", s.top_k, 0, SpecLimits::kClasses);
  require(s.top_p > 0 && s.top_p <= 1, where, "the default top_p is not in (0, 1]");
  check_range(where, "sigma_step", s.sigma_step, 0, 10);
  check_range(where, "sigma_duration", s.sigma_duration, 0, 10);
}

}  // namespace

int ModelSpec::input_columns() const {
  int columns = 0;
  for (const InputSpec& input : inputs) columns += input.columns();
  return columns;
}

const HeadSpec& ModelSpec::head(Field field) const {
  for (const HeadSpec& head : heads) {
    if (head.field == field) return head;
  }
  throw std::out_of_range("model '" + name + "' has no head for that field");
}

int ModelSpec::features_of_heads() const { return dense.empty() ? lstm.back() : dense.back().size; }

void check_spec(const ModelSpec& spec, const std::string& where) {
  check_inputs(spec, where);
  check_range(where, "number of LSTM layers", static_cast<double>(spec.lstm.size()), 1, SpecLimits::kLayers);
  for (const int hidden : spec.lstm) check_range(where, "LSTM hidden size", hidden, 1, SpecLimits::kHidden);
  check_range(where, "dropout", spec.dropout, 0, 0.95);
  check_dense(where, "dense layers", spec.dense);
  check_heads(spec, where);
  check_range(where, "window", spec.window, 1, SpecLimits::kWindow);
  check_sampling(spec.sampling, where);
}

}  // namespace engine
