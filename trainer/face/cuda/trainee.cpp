#include <algorithm>
#include <span>

#include "kernels/conv/train/face_train_rung.h"
#include "kernels/conv/train/optimiser.h"
#include "kernels/runtime/event.h"
#include "trainer/face/cuda/make.h"
#include "trainer/face/network.h"
#include "trainer/optim/adam.h"

namespace trainer::AFFETTO_PLATFORM {
namespace {

/// Batches on their way to the device: one is read there while the next is filled.
constexpr std::size_t kBatches = 2;

/// The host's and the device's memory of a batch.
struct BatchMemory {
  kernels::PinnedBuffer<float> host;
  kernels::DeviceBuffer<float> device;
  kernels::Event read;  ///< the iteration that reads it is over

  BatchMemory(std::size_t numbers, kernels::StreamRef stream) : host(numbers), device(stream, numbers) {}
};

class CudaFaceTrainee final : public FaceTrainee {
 public:
  CudaFaceTrainee(const engine::FaceSpec& spec, const FaceLayout& layout, std::size_t batch,
                  kernels::FaceTrainFusion fusion)
      : layout_(layout),
        pixels_(static_cast<std::size_t>(spec.side) * static_cast<std::size_t>(spec.side)),
        classes_(spec.classes.size()),
        network_(kernel_network(spec, layout)),
        rung_(kernels::make_face_train_rung(fusion, network_, static_cast<int>(batch), stream_)),
        optimiser_(network_, stream_) {
    for (std::size_t i = 0; i < kBatches; ++i) batches_.emplace_back(batch * (pixels_ + classes_), stream_);
  }
  ~CudaFaceTrainee() override { const kernels::WaitAtExit copies_end(stream_); }  // before pinned memory goes

  void restore(const FaceState& state) override;
  void iterate(const FaceBatch& batch, const FaceStep& step) override;
  FaceProgressSums sums() override;
  FaceState state() override;

 private:
  kernels::FaceTrainBatch upload(const FaceBatch& batch, BatchMemory& memory);
  std::vector<float> moments_of(const FaceMoments& moments) const;
  FaceMoments moments_from(std::span<const float> flat) const;
  void refuse_if_diverged(const kernels::FaceTally& tally) const;

  const FaceLayout& layout_;
  std::size_t pixels_, classes_;
  kernels::FaceTrainNetwork network_;
  kernels::Stream stream_;
  std::unique_ptr<kernels::FaceTrainRung> rung_;
  kernels::FaceOptimiser optimiser_;
  std::vector<BatchMemory> batches_;
  std::int64_t iteration_ = 0;
  double rate_ = 0;
  kernels::FaceTally told_;  // when sums() was last asked for
};

void CudaFaceTrainee::restore(const FaceState& state) {
  const std::vector<float> moments = moments_of(state.moments);
  const kernels::WaitAtExit copies_end(stream_);  // before `moments` goes
  optimiser_.parameters.upload(state.parameters), optimiser_.average.upload(state.average);
  optimiser_.adam_m.upload(state.adam_m), optimiser_.adam_v.upload(state.adam_v);
  optimiser_.average_moments.upload(moments);
  optimiser_.tally.fill(0);
  told_ = {};
  iteration_ = state.iteration;
  stream_.synchronize();
}

/// Pictures, and behind them targets.
kernels::FaceTrainBatch CudaFaceTrainee::upload(const FaceBatch& batch, BatchMemory& memory) {
  memory.read.synchronize();
  const std::size_t targets = batch.count * pixels_, all = targets + batch.count * classes_;
  const std::span<float> host = memory.host.span().first(all);
  std::copy_n(batch.pictures.begin(), targets, host.begin());
  std::copy_n(batch.targets.begin(), all - targets, host.begin() + static_cast<std::ptrdiff_t>(targets));
  memory.device.upload(host);
  return {.pictures = memory.device.data(),
          .targets = memory.device.data() + targets,
          .n = static_cast<int>(batch.count),
          .dropout = batch.dropout,
          .seed = batch.seed,
          .iteration = batch.iteration};
}

void CudaFaceTrainee::iterate(const FaceBatch& batch, const FaceStep& step) {
  BatchMemory& memory = batches_[static_cast<std::size_t>(iteration_) % kBatches];
  const kernels::FaceTrainBatch there = upload(batch, memory);
  rung_->gradients(optimiser_.parameters.data(), there, optimiser_.results());
  memory.read.record(stream_);
  optimiser_.step({.adam = adam_numbers({}, iteration_ + 1, step.rate),
                   .clip_norm = step.clip_norm,
                   .decay = step.decay(),
                   .average = step.share(iteration_),
                   .iteration = iteration_});
  rate_ = step.rate;
  ++iteration_;
}

void CudaFaceTrainee::refuse_if_diverged(const kernels::FaceTally& tally) const {
  if (tally.diverged != 0) refuse_divergence(tally.diverged - 1, tally.last_loss, tally.norm, rate_);
}

FaceProgressSums CudaFaceTrainee::sums() {
  const kernels::FaceTally tally = optimiser_.tally.to_host().front();
  refuse_if_diverged(tally);
  const FaceProgressSums since{.loss = tally.loss - told_.loss,
                               .correct = static_cast<std::size_t>(tally.correct - told_.correct),
                               .gradient_norm = tally.norm};
  told_ = tally;
  return since;
}

FaceState CudaFaceTrainee::state() {
  refuse_if_diverged(optimiser_.tally.to_host().front());
  return {.parameters = optimiser_.parameters.to_host(),
          .adam_m = optimiser_.adam_m.to_host(),
          .adam_v = optimiser_.adam_v.to_host(),
          .average = optimiser_.average.to_host(),
          .moments = moments_from(optimiser_.average_moments.to_host()),
          .iteration = iteration_};
}

std::vector<float> CudaFaceTrainee::moments_of(const FaceMoments& moments) const {
  std::vector<float> flat;
  for (std::size_t i = 0; i < moments.mean.size(); ++i) {
    flat.insert(flat.end(), moments.mean[i].begin(), moments.mean[i].end());
    flat.insert(flat.end(), moments.variance[i].begin(), moments.variance[i].end());
  }
  return flat;
}

FaceMoments CudaFaceTrainee::moments_from(std::span<const float> flat) const {
  FaceMoments moments;
  for (const FaceLayout::Stage& stage : layout_.stages) {
    for (auto* rows : {&moments.mean, &moments.variance}) {
      rows->emplace_back(flat.begin(), flat.begin() + static_cast<std::ptrdiff_t>(stage.out));
      flat = flat.subspan(stage.out);
    }
  }
  return moments;
}

}  // namespace

std::unique_ptr<FaceTrainee> make_face_trainee(const engine::FaceSpec& spec, const FaceLayout& layout,
                                               std::size_t batch, kernels::FaceTrainFusion fusion) {
  return std::make_unique<CudaFaceTrainee>(spec, layout, batch, fusion);
}

}  // namespace trainer::AFFETTO_PLATFORM
