#include <string>

#include "engine/data/error.h"
#include "engine/generate/cuda/network.h"

namespace engine {
namespace {

void check_count(const ModelSpec& spec, const char* what, std::size_t count, int most) {
  if (count <= static_cast<std::size_t>(most)) return;
  throw ModelError(
      {"prepare model", spec.name,
       "it has " + std::to_string(count) + " " + what + "; the GPU path serves at most " + std::to_string(most),
       "use --device cpu"});
}

kernels::NoteField field_of(Field field) {
  return field == Field::pitch  ? kernels::NoteField::pitch
         : field == Field::step ? kernels::NoteField::step
                                : kernels::NoteField::duration;
}

kernels::HeadCurve curve_of(Activation activation) {
  return activation == Activation::relu   ? kernels::HeadCurve::relu
         : activation == Activation::tanh ? kernels::HeadCurve::tanh
                                          : kernels::HeadCurve::linear;
}

}  // namespace

kernels::NetworkView shapes_of(const Model& model, const NetworkPlan& plan, StateMode state) {
  const ModelSpec& spec = model.spec;
  check_count(spec, "LSTM layers", spec.lstm.size(), kernels::kMaxLayers);
  check_count(spec, "inputs", spec.inputs.size(), kernels::kMaxInputs);
  check_count(spec, "dense layers and heads", plan.readout.size(), kernels::kMaxReadout);
  kernels::NetworkView view;
  view.input_count = static_cast<int>(plan.inputs.size());
  view.layer_count = static_cast<int>(spec.lstm.size());
  view.readout_count = static_cast<int>(plan.readout.size());
  view.readout_size = plan.readout_size;
  view.candidates = plan.candidates;
  view.logits_at = plan.logits_at;
  view.step_at = plan.step_at;
  view.duration_at = plan.duration_at;
  view.window = spec.window;
  view.carry = state == StateMode::carry;
  for (int i = 0; i < view.input_count; ++i) {
    const InputPlan& input = plan.inputs[i];
    view.inputs[i] = {.rows = nullptr,
                      .classes = input.classes,
                      .field = field_of(input.field),
                      .table = input.table,
                      .scale = input.scale};
  }
  for (int l = 0; l < view.layer_count; ++l) {
    view.layers[l].hidden = spec.lstm[l];
    view.layers[l].below = l == 0 ? 0 : spec.lstm[l - 1];
  }
  for (int r = 0; r < view.readout_count; ++r) {
    const ReadoutPlan& layer = plan.readout[r];
    view.readout[r] = {.weight = nullptr,
                       .bias = nullptr,
                       .terms = layer.terms,
                       .size = layer.size,
                       .curve = curve_of(layer.activation),
                       .from = layer.from,
                       .to = layer.to};
  }
  return view;
}

kernels::ClustersView clusters_of(const Model& model) {
  kernels::ClustersView view;
  if (!model.clusters) return view;
  view.present = true;
  for (int f = 0; f < kFeatures; ++f) {
    view.centre[0][f] = static_cast<float>(model.clusters->sad[f]);
    view.centre[1][f] = static_cast<float>(model.clusters->happy[f]);
    view.mean[f] = static_cast<float>(model.clusters->mean[f]);
    view.inverse[f] = static_cast<float>(1 / model.clusters->deviation[f]);
  }
  return view;
}

}  // namespace engine
