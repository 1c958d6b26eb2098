// How many pictures of faces a second are read, and learnt from: the face preset, the same weights and pictures on both
// sides. Cutting faces out and making batches is left out on both.
//
// Axes: pictures at once (1, 32, 256) and threads (2, 1); training: 128 pictures an iteration, forward, loss, backward,
// clipping and AdamW, without dropout.
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "bench/baselines/libtorch.h"
#include "bench/baselines/libtorch_face.h"
#include "bench/faces/learning.h"
#include "bench/faces/subjects.h"
#include "bench/harness/contest.h"
#include "bench/harness/context.h"
#include "bench/harness/subjects.h"
#include "trainer/face/stepper.h"
#include "trainer/optim/adam.h"

namespace bench {
namespace {

constexpr std::size_t kTrainingBatch = 128;
constexpr std::size_t kBatches = 4;  // different ones, in turns

/// Probabilities of 64 pictures.
void check_reading(const engine::FaceModel& model) {
  const std::vector<float> pictures = random_pictures(64, 5);
  engine::FaceNetwork ours(model, 2);
  check_gate("face: probabilities",
             relative_error(classify(ours, pictures), libtorch::make_face_reader(model)->classify(pictures)));
}

/// One iteration as trainer/face/run does it.
class FaceTraining {
 public:
  FaceTraining(const engine::FaceModel& model, int threads)
      : spec_(model.spec),
        layout_(spec_),
        pool_(threads),
        stepper_(spec_, layout_, pool_, kTrainingBatch),
        adam_(layout_.size, {}),
        weights_(trainer::gather(layout_, model)),
        gradient_(layout_.size) {}

  void iterate(const trainer::FaceBatch& batch) {
    stepper_.gradients(weights_, batch, gradient_);
    const double norm = trainer::gradient_norm(gradient_, pool_);
    for (float& w : weights_) w *= static_cast<float>(1 - kFaceRate * kFaceDecay);
    adam_.step(weights_, gradient_, kFaceRate, trainer::clip_scale(norm, kFaceClip), pool_);
  }

 private:
  engine::FaceSpec spec_;
  trainer::FaceLayout layout_;
  trainer::Pool pool_;
  trainer::FaceStepper stepper_;
  trainer::Adam adam_;
  std::vector<float> weights_, gradient_;
};

Contest reading(std::size_t count, int threads) {
  const engine::FaceModel model = face_model();
  const auto pictures = std::make_shared<std::vector<float>>(random_pictures(count, 7));
  Contest contest{.unit = "pictures/s", .work_per_unit = static_cast<double>(count)};
  contest.theirs.name = "LibTorch not found";
  if (libtorch::available()) {
    libtorch::set_threads(2);
    pass_once("face reading", [&] { check_reading(model); });
    libtorch::set_threads(threads);
    const std::shared_ptr<libtorch::FaceReader> theirs = libtorch::make_face_reader(model);
    contest.theirs = {"LibTorch", [theirs, pictures](std::int64_t units) {
                        for (std::int64_t i = 0; i < units; ++i) theirs->classify(*pictures);
                      }};
  }
  const auto ours = std::make_shared<engine::FaceNetwork>(model, threads);
  contest.ours = {"Affetto", [ours, pictures](std::int64_t units) {
                    for (std::int64_t i = 0; i < units; ++i) classify(*ours, *pictures);
                  }};
  return contest;
}

/// The gradient of a batch, against LibTorch's in double. Where two sums decide a maximum or a sign differently, a
/// pixel's gradient goes elsewhere, so that float32 leaves more than rounding: LibTorch's own float32 says how much.
void check_training(const engine::FaceModel& model, const trainer::FaceBatch& batch, libtorch::FaceTrainer& theirs) {
  const auto exact = libtorch::make_face_trainer(model, true);
  exact->add_batch(batch);
  const std::vector<float> truth = exact->gradients(0);
  const double usual = relative_error(theirs.gradients(0), truth);
  check_gate("face: gradient", relative_error(host_gradients(model, batch), truth), 2 * usual);
}

Contest training(int threads) {
  const engine::FaceModel model = face_model();
  const auto batches = std::make_shared<std::vector<trainer::FaceBatch>>();
  for (unsigned i = 0; i < kBatches; ++i) batches->push_back(random_faces(kTrainingBatch, i));
  Contest contest{.unit = "pictures/s", .work_per_unit = kTrainingBatch};
  contest.theirs.name = "LibTorch not found";
  if (libtorch::available()) {
    libtorch::set_threads(threads);
    const std::shared_ptr<libtorch::FaceTrainer> theirs = libtorch::make_face_trainer(model);
    for (const trainer::FaceBatch& batch : *batches) theirs->add_batch(batch);
    pass_once("face training", [&] { check_training(model, batches->front(), *theirs); });
    contest.theirs = {"LibTorch", [theirs](std::int64_t units) {
                        for (std::int64_t i = 0; i < units; ++i)
                          theirs->iterate(static_cast<std::size_t>(i) % kBatches);
                      }};
  }
  const auto ours = std::make_shared<FaceTraining>(model, threads);
  contest.ours = {"Affetto", [ours, batches](std::int64_t units) {
                    for (std::int64_t i = 0; i < units; ++i)
                      ours->iterate((*batches)[static_cast<std::size_t>(i) % kBatches]);
                  }};
  return contest;
}

double target_of(std::size_t count, int threads) {
  if (threads != 2) return 0;
  return count == 1 ? 1.5 : count == 256 ? 0.7 : 0;
}

void add_rows(const Timing& timing) {
  for (const int threads : {2, 1}) {
    for (const std::size_t count : {1, 32, 256}) {
      add_row("face/read/batch:" + std::to_string(count) + "/threads:" + std::to_string(threads),
              target_of(count, threads), timing, [=] { return reading(count, threads); });
    }
    add_row("face/train/batch:" + std::to_string(kTrainingBatch) + "/threads:" + std::to_string(threads), 0, timing,
            [=] { return training(threads); });
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  const bench::Timing timing = bench::start(argc, argv);
  bench::add_context();
  bench::add_rows(timing);
  return bench::run_rows();
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
