#include <algorithm>
#include <span>
#include <string>

#include "engine/face/cuda/make.h"
#include "engine/face/rung_weights.h"
#include "kernels/runtime/buffer.h"

namespace engine::AFFETTO_PLATFORM {
namespace {

std::unique_ptr<kernels::FaceRung> make_rung(const FaceModel& model, const CudaFaceOptions& options,
                                             kernels::StreamRef stream) {
  const FaceRungWeights weights(model);
  const kernels::FaceFusion fusion = options.fusion.value_or(kernels::FaceFusion::stage);
  if (const std::string why = kernels::why_not(fusion, weights.view()); !why.empty()) throw UnservedRung(why);
  return kernels::make_face_rung(fusion, weights.view(), options.slots, stream);
}

class CudaFaceClassifier final : public FaceClassifier {
 public:
  CudaFaceClassifier(const FaceModel& model, const CudaFaceOptions& options)
      : spec_(model.spec),
        slots_(static_cast<std::size_t>(options.slots)),
        pixels_(static_cast<std::size_t>(spec_.side) * static_cast<std::size_t>(spec_.side)),
        rung_(make_rung(model, options, stream_)),
        pictures_(stream_, slots_ * pixels_),
        probabilities_(stream_, slots_ * spec_.classes.size()),
        back_(slots_ * spec_.classes.size()) {}

  const FaceSpec& spec() const override { return spec_; }

  void classify(std::span<const float> pictures, std::span<double> probabilities) override {
    const std::size_t n = count_pictures(spec_, pictures.size(), probabilities.size(), "CudaFaceClassifier::classify");
    const std::size_t classes = spec_.classes.size();
    for (std::size_t first = 0; first < n; first += slots_) {
      const std::size_t count = std::min(slots_, n - first);
      const kernels::WaitAtExit copies_end(stream_);  // before the caller's pictures go
      pictures_.upload(pictures.subspan(first * pixels_, count * pixels_));
      rung_->classify(pictures_.data(), static_cast<int>(count), probabilities_.data());
      const std::span<float> back = back_.span().first(count * classes);
      probabilities_.download(back);
      stream_.synchronize();
      std::ranges::copy(back, probabilities.begin() + static_cast<std::ptrdiff_t>(first * classes));
    }
  }

 private:
  FaceSpec spec_;
  std::size_t slots_, pixels_;
  kernels::Stream stream_;
  std::unique_ptr<kernels::FaceRung> rung_;
  kernels::DeviceBuffer<float> pictures_;       // [slots, side, side]
  kernels::DeviceBuffer<float> probabilities_;  // [slots, classes]
  kernels::PinnedBuffer<float> back_;
};

}  // namespace

std::unique_ptr<FaceClassifier> make_face_classifier(const FaceModel& model, const CudaFaceOptions& options) {
  return std::make_unique<CudaFaceClassifier>(model, options);
}

}  // namespace engine::AFFETTO_PLATFORM
