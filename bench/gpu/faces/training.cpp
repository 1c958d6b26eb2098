// How many pictures a second an iteration of training takes in: forward, loss, backward, clipping and AdamW, without
// dropout and augmentation; on both sides batches wait on the host and are copied while the one before is worked on,
// and nobody waits before the last.
#include "bench/gpu/faces/training.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/baselines/libtorch.h"
#include "bench/baselines/libtorch_face_device_training.h"
#include "bench/faces/learning.h"
#include "bench/faces/subjects.h"
#include "bench/harness/subjects.h"
#include "trainer/face/cuda/make.h"
#include "trainer/optim/adam.h"

namespace bench::gpu {
namespace {

using kernels::FaceTrainFusion;
using libtorch::FaceTrainVariant;

constexpr std::size_t kTrainingBatch = 256;
constexpr unsigned kBatches = 4;  // different ones, in turns

/// Relative L2 of all convolutions' gradients. Rounding changes ReLU's or pooling's choice for a share of 2^-9 of the
/// numbers in bf16, in each of eight stages on the way there and back: what is then routed otherwise is gone here and
/// come there, sqrt(4 x 8 x 2^-9) of the norm. Normalisation by the moments of small maps adds about as much. (Whether
/// single products are right is for tests/kernels/conv to say.) In fp32 likewise with 2^-24, and sums of 10^6 terms add
/// up to thirty times that: 2^-19.
double gate_of(bool bfloat) { return 2 * std::sqrt(4 * 8 * (bfloat ? 0x1p-9 : 0x1p-19)); }

/// What eight iterations on one batch take off the loss may differ by so much: it is a small difference of losses, each
/// of which bf16 rounds.
constexpr double kFallGate = 0.1;
constexpr int kFallIterations = 8;

class OurTraining {
 public:
  OurTraining(const engine::FaceModel& model, FaceTrainFusion fusion, std::size_t batch, Target target)
      : layout_(model.spec), parameters_(trainer::gather(layout_, model)), moments_(trainer::gather_moments(model)) {
    trainee_ = make(model.spec, fusion, batch, target);
    restart();
  }

  void restart() {
    const std::vector<float> none(layout_.size, 0.0f);
    trainee_->restore({parameters_, none, none, parameters_, moments_, 0});
  }
  void iterate(const trainer::FaceBatch& batch, double clip = kFaceClip) {
    trainee_->iterate(batch, {.rate = kFaceRate, .weight_decay = kFaceDecay, .clip_norm = clip, .average = 0.999});
  }
  /// Of an iteration from the beginning: what Adam's first mean holds, but for its weight.
  std::vector<float> gradients(const trainer::FaceBatch& batch) {
    restart();
    iterate(batch, /*clip=*/0);
    std::vector<float> gradient = trainee_->state().adam_m;
    for (float& g : gradient) g /= static_cast<float>(1 - trainer::AdamOptions{}.beta1);
    restart();
    return convolution_gradients(layout_, gradient);
  }
  /// Waits. @return of the iterations since it was last asked, a sum over pictures
  double loss() { return trainee_->sums().loss; }

 private:
  std::unique_ptr<trainer::FaceTrainee> make(const engine::FaceSpec& spec, FaceTrainFusion fusion, std::size_t batch,
                                             [[maybe_unused]] Target target) const {
#if AFFETTO_BENCH_CUDA
    if (target == Target::cuda) return trainer::on_cuda::make_face_trainee(spec, layout_, batch, fusion);
#endif
    return trainer::on_emulator::make_face_trainee(spec, layout_, batch, fusion);
  }

  trainer::FaceLayout layout_;
  std::vector<float> parameters_;
  trainer::FaceMoments moments_;
  std::unique_ptr<trainer::FaceTrainee> trainee_;
};

struct Case {
  FaceTrainFusion fusion;
  FaceTrainVariant variant;
  Target target;
  bool emulated() const { return target == Target::emulated; }
  std::size_t batch() const { return emulated() ? 4 : kTrainingBatch; }
  libtorch::Place place() const { return emulated() ? libtorch::Place::cpu : libtorch::Place::gpu; }
};

/// The first loss less the last, of iterations on one batch.
double fall(OurTraining& ours, const trainer::FaceBatch& batch) {
  ours.restart();
  double first = 0, last = 0;
  for (int i = 0; i < kFallIterations; ++i) {
    ours.iterate(batch);
    last = ours.loss() / static_cast<double>(batch.count);
    if (i == 0) first = last;
  }
  ours.restart();
  return first - last;
}
double fall(libtorch::DeviceFaceTrainer& theirs) {
  theirs.iterate(1);
  const double first = theirs.loss();
  theirs.iterate(kFallIterations - 1);
  return first - theirs.loss();
}

void check_ours(const Case& c, const engine::FaceModel& model, const trainer::FaceBatch& batch, OurTraining& ours) {
  check_gate(std::string("training, ours, ") + name_of(c.fusion),
             relative_error(ours.gradients(batch), host_gradients(model, batch)),
             gate_of(c.fusion == FaceTrainFusion::tensor));
}

void check_theirs(const Case& c, const engine::FaceModel& model, const trainer::FaceBatch& batch, OurTraining& ours) {
  const libtorch::FaceTrainRates rates{kFaceRate, kFaceDecay, kFaceClip};
  const std::string name = std::string("training, LibTorch, ") + name_of(c.variant);
  const bool bfloat = c.variant != FaceTrainVariant::eager_fp32 && !c.emulated();
  const auto theirs = libtorch::make_device_face_trainer(model, c.variant, rates, {batch}, c.place());
  check_gate(name, relative_error(theirs->gradients(), host_gradients(model, batch)), gate_of(bfloat));
  const double want = fall(ours, batch);
  check_gate(name + ", fall of the loss", std::fabs(fall(*theirs) - want) / want, kFallGate);
}

Contest training(const Case& c) {
  const kernels::DeviceState state = device_state(c.target);
  if (!state.available) throw NotMeasured("no GPU (" + state.why_not + ")");
  const engine::FaceModel model = face_model();
  const auto batches = std::make_shared<std::vector<trainer::FaceBatch>>();
  for (unsigned i = 0; i < kBatches; ++i) batches->push_back(random_faces(c.batch(), i));
  const auto ours = std::make_shared<OurTraining>(model, c.fusion, c.batch(), c.target);
  pass_once(std::string("training ") + name_of(c.fusion), [&] { check_ours(c, model, batches->front(), *ours); });
  Contest contest{.ours = {std::string("Affetto ") + name_of(c.fusion),
                           [ours, batches](std::int64_t units) {
                             for (std::int64_t i = 0; i < units; ++i) {
                               ours->iterate((*batches)[static_cast<std::size_t>(i) % kBatches]);
                             }
                             ours->loss();
                           }},
                  .unit = "pictures/s",
                  .work_per_unit = static_cast<double>(c.batch())};
  const std::string why_not = c.emulated() ? "" : libtorch::gpu_why_not();
  if (!why_not.empty() || !libtorch::available()) {
    contest.theirs.name = "LibTorch not measured: " + (why_not.empty() ? "LibTorch not found" : why_not);
    return contest;
  }
  pass_once(std::string("training ") + name_of(c.variant), [&] { check_theirs(c, model, batches->front(), *ours); });
  const std::shared_ptr<libtorch::DeviceFaceTrainer> theirs =
      libtorch::make_device_face_trainer(model, c.variant, {kFaceRate, kFaceDecay, kFaceClip}, *batches, c.place());
  contest.theirs = {std::string("LibTorch ") + name_of(c.variant),
                    [theirs](std::int64_t units) { theirs->iterate(static_cast<int>(units)); }};
  return contest;
}

}  // namespace

void add_training_rows(const Timing& timing, Target target) {
  for (const FaceTrainFusion fusion : {FaceTrainFusion::unfused, FaceTrainFusion::tensor}) {
    for (const FaceTrainVariant variant : libtorch::kFaceTrainVariants) {
      const Case c{fusion, variant, target};
      const bool strongest = fusion == FaceTrainFusion::tensor && variant == FaceTrainVariant::graph_bf16;
      add_row(std::string("face_train/") + name_of(fusion) + "/batch:" + std::to_string(c.batch()) + "/" +
                  libtorch::name_of(variant),
              strongest ? 1.5 : 0, timing, [=] { return training(c); });
    }
  }
}

}  // namespace bench::gpu
