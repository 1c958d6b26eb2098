#include "engine/face/reference.h"

#include "engine/face/head.h"
#include "kernels/conv/reference.h"

namespace engine {

std::vector<double> classify_reference(const FaceModel& model, std::span<const float> picture) {
  namespace conv = kernels::conv_reference;
  const auto side = static_cast<std::size_t>(model.spec.side);
  conv::Shape shape{1, 1, side, side};
  conv::Values x(picture.begin(), picture.end());
  for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
    const FaceStage& stage = model.spec.stages[i];
    const auto out = static_cast<std::size_t>(stage.channels);
    const std::vector<float>& weight = model.tensor(stage_tensor(i, "conv.weight")).values;
    x = conv::convolve(shape, x, out, {weight.begin(), weight.end()});
    shape.channels = out;
    const ScaleShift norm = folded_norm(model, i);
    for (std::size_t at = 0; at < x.size(); ++at) {
      const std::size_t c = at / (shape.height * shape.width);
      x[at] = x[at] * norm.scale[c] + norm.shift[c];
    }
    x = conv::activate(shape, x, stage.pool);
    shape = conv::activated(shape, stage.pool);
  }
  const conv::Moments moments = conv::moments(shape, x);
  std::vector<double> probabilities(model.spec.classes.size());
  face_probabilities<double>(model, moments.mean, probabilities);
  return probabilities;
}

}  // namespace engine
