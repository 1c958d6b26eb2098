// A face run on the GPU path, by the emulator: it learns, it is the CPU's up to rounding, it resumes on either device.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/data/error.h"
#include "tests/trainer/face/small_run.h"
#include "trainer/face/cpu_trainee.h"
#include "trainer/face/cuda/make.h"

namespace trainer {
namespace {

const FaceSet& training() {
  static const FaceSet set = drawn_faces(40, 0);
  return set;
}
const FaceSet& validation() {
  static const FaceSet set = drawn_faces(20, 5);
  return set;
}

/// 40 pictures in batches of 16: the last of an epoch is smaller.
MakeFaceTrainee on_rung(kernels::FaceTrainFusion fusion) {
  return [fusion](const engine::FaceSpec& spec, const FaceLayout& layout, std::size_t batch) {
    return on_emulator::make_face_trainee(spec, layout, batch, fusion);
  };
}

FaceTrainOptions options_for(double epochs, bool on_device) {
  FaceTrainOptions options = small_options();
  options.epochs = epochs;
  if (on_device) options.make_trainee = on_rung(kDefaultFaceTrainFusion);
  return options;
}

engine::TensorTable run(double epochs, bool on_device, const std::optional<engine::TensorTable>& resume = {}) {
  Recorder sink;
  train_face(options_for(epochs, on_device), training(), validation(), resume, sink, {});
  sink.checkpoint.metadata.erase("trainer.seconds");
  return sink.checkpoint;
}

/// Of a checkpoint cut short in the middle of a run, so that it resumes: the epochs' number is in no mark.
engine::TensorTable cut(engine::TensorTable table) {
  table.metadata["trainer.seconds"] = "0";
  return table;
}

double worst_difference(const engine::TensorTable& a, const engine::TensorTable& b) {
  double worst = 0;
  for (const char* name : {"parameters", "average", "adam.m", "mean.0", "variance.1"}) {
    const auto &x = a.tensors.at(name).values, &y = b.tensors.at(name).values;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
      worst = error <= worst ? worst : error;
    }
  }
  return worst;
}

class DeviceFaceLearning : public testing::TestWithParam<kernels::FaceTrainFusion> {};

TEST_P(DeviceFaceLearning, LearnsWhatTheMouthSays) {
  Recorder sink;
  FaceTrainOptions options = options_for(20, true);
  options.make_trainee = on_rung(GetParam());
  options.augmentation = {0.5, 0, 0, 0, 0, 0.2};
  const FaceRunResult result = train_face(options, training(), validation(), {}, sink, {});
  EXPECT_EQ(result.ending, Ending::finished);
  EXPECT_EQ(result.iterations, 20 * 3);
  EXPECT_GT(result.best_validation.best, 0.9);  // half of them by chance
  EXPECT_GT(sink.last.gradient_norm, 0);
  EXPECT_GT(sink.last.accuracy, 0.6);
  EXPECT_LT(sink.last.loss, std::log(2));
}

INSTANTIATE_TEST_SUITE_P(Rungs, DeviceFaceLearning,
                         testing::Values(kernels::FaceTrainFusion::unfused, kernels::FaceTrainFusion::tensor),
                         [](const auto& rung) { return kernels::name_of(rung.param); });

// Adam divides a gradient by its size: where that is rounding error alone (a convolution's shift under a normalisation
// has none here) steps would differ by 2 x rate. Rates sum up to 0.09; gradients agree to 1e-5, of which a quotient of
// small ones keeps 1e-3.
TEST(DeviceFaceRun, ItsWeightsAreTheCpusUpToRounding) {
  EXPECT_LT(worst_difference(run(2, true), run(2, false)), 1e-3 * 0.09);
}

TEST(DeviceFaceRun, TwiceItIsTheSameToTheBit) {
  const engine::TensorTable first = run(1, true), second = run(1, true);
  EXPECT_EQ(first.tensors, second.tensors);
  EXPECT_EQ(first.metadata, second.metadata);
}

/// A run of two epochs that stops after `iterations`, and its checkpoint.
engine::TensorTable stopped_after(std::int64_t iterations, bool on_device) {
  class Stopper final : public FaceSink {
   public:
    explicit Stopper(std::int64_t at) : at_(at) {}
    void on_progress(const FaceProgress& p) override { (void)p; }
    void on_validation(const FaceValidation&) override {}
    void on_best(const engine::FaceModel&, const FaceValidation&) override {}
    void on_checkpoint(const engine::TensorTable& table, CheckpointReason) override {
      checkpoint = table;
      if (table.metadata.at("trainer.iteration") == std::to_string(at_)) stop.request_stop();
    }
    std::int64_t at_;
    std::stop_source stop;
    engine::TensorTable checkpoint;
  };
  Stopper sink(iterations);
  FaceTrainOptions options = options_for(2, on_device);
  options.checkpoint_seconds = 1e-9;  // after each iteration
  const FaceRunResult result = train_face(options, training(), validation(), {}, sink, sink.stop.get_token());
  EXPECT_EQ(result.iterations, iterations);
  return cut(sink.checkpoint);
}

TEST(DeviceFaceRun, ResumesBitForBit) {
  const engine::TensorTable whole = run(2, true), resumed = run(2, true, stopped_after(4, true));
  EXPECT_EQ(whole.tensors, resumed.tensors);
}

TEST(DeviceFaceRun, ACheckpointOfOneDeviceResumesOnTheOther) {
  const engine::TensorTable whole = run(2, false);
  EXPECT_LT(worst_difference(run(2, true, stopped_after(4, false)), whole), 1e-3 * 0.09);
  EXPECT_LT(worst_difference(run(2, false, stopped_after(4, true)), whole), 1e-3 * 0.09);
}

TEST(DeviceFaceTrainee, ADivergenceIsToldWithItsIterationAndChangesNothing) {
  const FaceTrainOptions options = small_options();
  const FaceLayout layout(options.spec);
  const engine::FaceModel model = engine::new_face_model(options.spec, 1);
  const std::vector<float> parameters = gather(layout, model), none(layout.size, 0.0f);
  FaceBatch batch;
  batch.count = 2;
  batch.pictures.assign(2 * 144, 0.5f);
  for (std::size_t i = 0; i < batch.pictures.size(); ++i) batch.pictures[i] = static_cast<float>(i % 7) - 3;
  batch.targets = {1, 0, 0, 1};
  const FaceStep step{.rate = 0.01, .weight_decay = 0.1, .clip_norm = 5, .average = 0.9};
  Pool pool(1);
  const auto device = on_rung(kDefaultFaceTrainFusion)(options.spec, layout, 2);
  CpuFaceTrainee cpu(options.spec, layout, pool, 2);
  for (FaceTrainee* trainee : {static_cast<FaceTrainee*>(&cpu), device.get()}) {
    trainee->restore({parameters, none, none, parameters, gather_moments(model), 0});
    trainee->iterate(batch, step);
    EXPECT_GT(trainee->sums().loss, 0);
    EXPECT_EQ(trainee->sums().loss, 0) << "since it was last asked for";
    FaceBatch broken = batch;
    broken.pictures[5] = std::numeric_limits<float>::quiet_NaN();
    try {
      trainee->iterate(broken, step);
      trainee->iterate(batch, step);  // what is enqueued before anybody asks
      trainee->state();
      FAIL() << "nothing was thrown";
    } catch (const engine::Error& error) {
      EXPECT_EQ(error.problem().what, "train");
      EXPECT_EQ(error.problem().where, "iteration 1");
      EXPECT_NE(error.problem().why.find("diverged"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace trainer
