// A face run from its first picture to its last: it learns, it resumes, it is the same for any number of threads.
#include "trainer/face/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/data/error.h"
#include "engine/face/network.h"
#include "tests/trainer/face/small_run.h"
#include "trainer/face/layout.h"

namespace trainer {
namespace {

const FaceSet& training() {
  static const FaceSet set = drawn_faces(90, 0);
  return set;
}
const FaceSet& validation() {
  static const FaceSet set = drawn_faces(30, 5);
  return set;
}

TEST(FaceRun, LearnsWhatTheMouthSays) {
  Recorder sink;
  const FaceRunResult result = train_face(small_options(), training(), validation(), {}, sink, {});
  EXPECT_EQ(result.ending, Ending::finished);
  EXPECT_EQ(result.iterations, 12 * 6);
  EXPECT_EQ(sink.accuracies.size(), 12u);
  EXPECT_GT(result.best_validation.best, 0.9);  // half of them by chance
  EXPECT_EQ(sink.best.tensors, result.best.tensors);
  EXPECT_NE(result.best.spec.temperature, 1);
  EXPECT_EQ(sink.reason, CheckpointReason::finished);
  EXPECT_EQ(sink.last.iteration, 72);
}

TEST(FaceRun, ThreadsChangeNoBit) {
  Recorder one, three;
  FaceTrainOptions options = small_options();
  options.epochs = 2;
  const auto alone = train_face(options, training(), validation(), {}, one, {});
  options.threads = 3;
  const auto together = train_face(options, training(), validation(), {}, three, {});
  EXPECT_EQ(alone.best.tensors, together.best.tensors);
  one.checkpoint.metadata.erase("trainer.seconds"), three.checkpoint.metadata.erase("trainer.seconds");
  EXPECT_EQ(one.checkpoint, three.checkpoint);
}

/// One iteration from fresh weights. @return tensor of its checkpoint
std::vector<float> after_one(FaceTrainOptions options, const char* tensor, double* rate = nullptr) {
  Recorder sink;
  options.epochs = 0.01;
  train_face(options, training(), validation(), {}, sink, {});
  EXPECT_EQ(sink.last.iteration, 1);
  if (rate != nullptr) *rate = sink.last.learning_rate;
  return sink.checkpoint.tensors.at(tensor).values;
}

TEST(FaceRun, AveragedWeightsFollow) {
  const FaceTrainOptions options = small_options();
  const std::vector<float> before =
      gather(FaceLayout(options.spec), engine::new_face_model(options.spec, options.seed));
  const std::vector<float> after = after_one(options, "parameters"), average = after_one(options, "average");
  // The first keeps 1 / 10 of where it began.
  for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(average[i], 0.1 * before[i] + 0.9 * after[i], 1e-6) << i;
}

TEST(FaceRun, WeightsDecayAndNormalisationsDoNot) {
  FaceTrainOptions options = small_options();
  const FaceLayout layout(options.spec);
  const std::vector<float> before = gather(layout, engine::new_face_model(options.spec, options.seed));
  options.weight_decay = 0;
  const std::vector<float> without = after_one(options, "parameters");
  options.weight_decay = 2;
  double rate = 0;
  const std::vector<float> with = after_one(options, "parameters", &rate);
  ASSERT_GT(rate, 0);
  for (std::size_t i = 0; i < before.size(); ++i) {
    bool decays = i >= layout.head_weight.at && i < layout.head_weight.at + layout.head_weight.size;
    for (const auto& stage : layout.stages) decays |= i >= stage.conv.at && i < stage.conv.at + stage.conv.size;
    ASSERT_NEAR(with[i], without[i] - (decays ? rate * 2 * before[i] : 0), 1e-6) << i;
  }
}

/// Asks the run to stop once so many iterations are done.
class Stopper final : public FaceSink {
 public:
  void on_progress(const FaceProgress&) override {}
  void on_validation(const FaceValidation& v) override {
    if (v.epoch >= 3) stop.request_stop();
  }
  void on_best(const engine::FaceModel&, const FaceValidation&) override {}
  void on_checkpoint(const engine::TensorTable& table, CheckpointReason) override { checkpoint = table; }
  std::stop_source stop;
  engine::TensorTable checkpoint;
};

TEST(FaceRun, ResumesBitForBit) {
  const FaceTrainOptions options = small_options();
  Recorder whole, rest;
  train_face(options, training(), validation(), {}, whole, {});
  Stopper first;
  const auto stopped = train_face(options, training(), validation(), {}, first, first.stop.get_token());
  EXPECT_EQ(stopped.ending, Ending::stopped);
  EXPECT_EQ(stopped.iterations, 18);
  const auto resumed = train_face(options, training(), validation(), first.checkpoint, rest, {});
  EXPECT_EQ(resumed.iterations, 72);
  whole.checkpoint.metadata.erase("trainer.seconds"), rest.checkpoint.metadata.erase("trainer.seconds");
  EXPECT_EQ(whole.checkpoint, rest.checkpoint);
}

/// The line that a call ends with.
template <class Call>
std::string complaint(const Call& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

TEST(FaceRun, RefusesWhatCannotBe) {
  Recorder sink;
  const auto run = [&](const FaceTrainOptions& options, const FaceSet& set,
                       const std::optional<engine::TensorTable>& resume) {
    return complaint([&] { train_face(options, set, validation(), resume, sink, {}); });
  };
  FaceTrainOptions options = small_options();
  EXPECT_NE(run(options, FaceSet{12, 2, {}, {}, {}}, {}).find("0 pictures"), std::string::npos);
  FaceSet other = training();
  other.side = 24;
  EXPECT_NE(run(options, other, {}).find("pictures of 24 pixels"), std::string::npos);
  options.learning_rate = 0;
  EXPECT_NE(run(options, training(), {}).find("learning rate is 0"), std::string::npos);
  options = small_options();
  options.epochs = 1;
  train_face(options, training(), validation(), {}, sink, {});
  options.seed = 2;
  EXPECT_NE(run(options, training(), sink.checkpoint).find("belongs to another run"), std::string::npos);
  options.seed = 1;
  engine::TensorTable broken = sink.checkpoint;
  broken.tensors.erase("adam.v");
  EXPECT_NE(run(options, training(), broken).find("adam.v is missing"), std::string::npos);
  broken = sink.checkpoint;
  broken.metadata["trainer.position"] = "90";
  EXPECT_NE(run(options, training(), broken).find("beyond the end"), std::string::npos);
  broken = sink.checkpoint;
  broken.tensors["average"].values[0] = NAN;
  EXPECT_NE(run(options, training(), broken).find("not finite"), std::string::npos);
}

TEST(FaceAugmentation, WithoutItThePictureStaysItself) {
  const FaceSet& set = training();
  std::vector<float> plain(144), same(144);
  engine::standardise(set.picture(3), plain);
  augment(set.picture(3), 12, {0, 0, 0, 0, 0, 0.2}, 1, 0, 9, same);
  for (std::size_t i = 0; i < 144; ++i) EXPECT_NEAR(plain[i], same[i], 1e-5);
}

TEST(FaceAugmentation, MirrorsCoversAndMoves) {
  const FaceSet& set = training();
  std::vector<float> plain(144), made(144);
  engine::standardise(set.picture(3), plain);
  augment(set.picture(3), 12, {1, 0, 0, 0, 0, 0.2}, 1, 0, 9, made);
  for (std::size_t i = 0; i < 144; ++i) EXPECT_NEAR(plain[i / 12 * 12 + 11 - i % 12], made[i], 1e-5);
  std::size_t covered = 0;
  augment(set.picture(3), 12, {0, 0, 0, 0, 1, 0.5}, 1, 0, 9, made);
  for (std::size_t i = 0; i < 144; ++i) {
    covered += made[i] == 0;
    EXPECT_TRUE(made[i] == 0 || std::abs(made[i] - plain[i]) < 1e-5) << i;
  }
  EXPECT_GE(covered, 2u);
  augment(set.picture(3), 12, FaceAugmentation{}, 1, 0, 9, plain);
  augment(set.picture(3), 12, FaceAugmentation{}, 1, 0, 10, made);
  EXPECT_NE(plain, made);
  augment(set.picture(3), 12, FaceAugmentation{}, 1, 1, 9, made);
  EXPECT_NE(plain, made) << "another epoch";
  augment(set.picture(3), 12, FaceAugmentation{}, 1, 0, 9, made);
  EXPECT_EQ(plain, made);
}

TEST(FaceAugmentation, TurningADiscLeavesIt) {
  constexpr std::size_t kSide = 33;
  std::vector<std::uint8_t> disc(kSide * kSide, 40);
  for (int y = -16; y <= 16; ++y) {
    for (int x = -16; x <= 16; ++x) {
      // A soft edge, so that sampling between pixels changes little.
      const double distance = std::sqrt(x * x + y * y), inside = std::clamp(12.0 - distance, 0.0, 4.0) / 4;
      disc[static_cast<std::size_t>((y + 16) * 33 + x + 16)] = static_cast<std::uint8_t>(40 + 160 * inside);
    }
  }
  std::vector<float> plain(disc.size()), turned(disc.size());
  engine::standardise(disc, plain);
  for (std::uint64_t i = 0; i < 8; ++i) {
    augment(disc, kSide, {0, 60, 0, 0, 0, 0.2}, 1, 0, i, turned);
    // A pixel of the slope moves by less than half a pixel's brightness: 20 grey levels in some 70 of deviation.
    for (std::size_t p = 0; p < disc.size(); ++p) ASSERT_NEAR(turned[p], plain[p], 0.3) << i << " " << p;
  }
}

}  // namespace
}  // namespace trainer
