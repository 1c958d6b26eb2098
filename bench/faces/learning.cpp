#include "bench/faces/learning.h"

#include "bench/faces/subjects.h"
#include "trainer/face/stepper.h"

namespace bench {

trainer::FaceBatch random_faces(std::size_t count, unsigned seed) {
  trainer::FaceBatch batch;
  batch.count = count;
  batch.pictures = random_pictures(count, seed);
  const std::size_t classes = engine::face_spec().classes.size();
  batch.targets.assign(count * classes, 0.1f / static_cast<float>(classes));
  for (std::size_t i = 0; i < count; ++i) batch.targets[i * classes + (i * 5 + seed) % classes] += 0.9f;
  return batch;
}

std::vector<float> convolution_gradients(const trainer::FaceLayout& layout, std::span<const float> gradient) {
  std::vector<float> all;
  for (const auto& stage : layout.stages) {
    const engine::Tensor one = engine::taps_last(stage.conv.of(gradient), static_cast<std::int64_t>(stage.in),
                                                 static_cast<std::int64_t>(stage.out));
    all.insert(all.end(), one.values.begin(), one.values.end());
  }
  return all;
}

std::vector<float> host_gradients(const engine::FaceModel& model, const trainer::FaceBatch& batch) {
  const trainer::FaceLayout layout(model.spec);
  trainer::Pool pool(0);
  trainer::FaceStepper stepper(model.spec, layout, pool, batch.count);
  std::vector<float> gradient(layout.size);
  stepper.gradients(trainer::gather(layout, model), batch, gradient);
  return convolution_gradients(layout, gradient);
}

}  // namespace bench
