// Compiled once for the GPU and once for the emulator.
#include "bench/gpu/faces/runs.h"

#include <algorithm>

#include "engine/face/rung_weights.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/graph.h"

namespace bench::gpu::AFFETTO_PLATFORM {
namespace {

/// Pictures that are worked on at once: the preset's maps of 1,024 take 0.6 GB in fp32.
constexpr int kSlots = 1024;

class RungRuns final : public FaceRuns {
 public:
  RungRuns(const engine::FaceModel& model, kernels::FaceFusion fusion, std::span<const float> pictures)
      : count_(static_cast<int>(pictures.size()) / (model.spec.side * model.spec.side)),
        rung_(
            kernels::make_face_rung(fusion, engine::FaceRungWeights(model).view(), std::min(count_, kSlots), stream_)),
        pictures_(stream_, pictures.size()),
        probabilities_(stream_, static_cast<std::size_t>(count_) * model.spec.classes.size()) {
    pictures_.upload(pictures);
    stream_.synchronize();
    kernels::GraphCapture capture(stream_);
    rung_->classify(pictures_.data(), count_, probabilities_.data());
    graph_ = capture.finish();
  }

  void read(int times) override {
    for (int i = 0; i < times; ++i) graph_.replay(stream_);
    stream_.synchronize();
  }
  std::vector<float> probabilities() override { return probabilities_.to_host(); }

 private:
  int count_;
  kernels::Stream stream_;
  std::unique_ptr<kernels::FaceRung> rung_;
  kernels::DeviceBuffer<float> pictures_;       ///< [n, side, side]
  kernels::DeviceBuffer<float> probabilities_;  ///< [n, classes]
  kernels::Graph graph_;
};

}  // namespace

std::unique_ptr<FaceRuns> make_face_runs(const engine::FaceModel& model, kernels::FaceFusion fusion,
                                         std::span<const float> pictures) {
  return std::make_unique<RungRuns>(model, fusion, pictures);
}

}  // namespace bench::gpu::AFFETTO_PLATFORM
