// A whole iteration on the device against the definition in double, and against the CPU's stepper.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "kernels/conv/train/face_train_rung.h"
#include "kernels/conv/train/products.h"
#include "kernels/conv/train/tensor_tiles.h"
#include "kernels/runtime/buffer.h"
#include "tests/kernels/conv/train/rounded_step.h"
#include "tests/kernels/conv/train/step_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"
#include "tests/kernels/ops/on_device.h"
#include "trainer/face/network.h"
#include "trainer/face/reference.h"
#include "trainer/face/stepper.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

// One stage and one picture; odd sides, of which pooling passes over the last; channels beside whole units, more than a
// slice; more features than a block has threads and more classes than warps; several tiles a map.
const TrainCase kCases[] = {{"one stage, one picture", 8, {{3, false}}, 2, 1},
                            {"pooled at once", 5, {{4, true}}, 3, 2},
                            {"odd sides", 11, {{5, false}, {7, true}, {18, true}}, 7, 3, 0.4},
                            {"deep", 4, {{40, false}, {130, true}, {20, false}}, 5, 2},
                            {"wide head", 3, {{133, false}}, 6, 3, 0.5},
                            {"many tiles", 18, {{17, true}, {6, false}}, 4, 2, 0.3}};

struct Outcome {
  std::vector<float> gradient, moments;
  FaceTally tally;
};

/// The tally begins at zero, everything else poisoned.
struct Memory {
  DeviceBuffer<float> gradient, moments;
  DeviceBuffer<FaceTally> tally;

  Memory(const FaceTrainNetwork& network, StreamRef stream)
      : gradient(poisoned<float>(stream, static_cast<std::size_t>(network.size))),
        moments(poisoned<float>(stream, static_cast<std::size_t>(network.moments()))),
        tally(stream, 1) {
    tally.fill(0);
  }
  FaceTrainResults results() const { return {gradient.data(), moments.data(), tally.data()}; }
  Outcome outcome() const { return {gradient.to_host(), moments.to_host(), tally.to_host().front()}; }
};

void enqueue(FaceTrainRung& rung, const DeviceBuffer<float>& parameters, const trainer::FaceBatch& batch,
             const Memory& memory, StreamRef stream) {
  const auto pictures = uploaded(stream, batch.pictures), targets = uploaded(stream, batch.targets);
  rung.gradients(
      parameters.data(),
      {pictures.data(), targets.data(), static_cast<int>(batch.count), batch.dropout, batch.seed, batch.iteration},
      memory.results());
  stream.synchronize();  // before the batch goes
}

Outcome step(const TrainCase& c, int slots, StreamRef stream, FaceTrainFusion fusion = FaceTrainFusion::unfused) {
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const FaceTrainNetwork network = trainer::kernel_network(spec, layout);
  const auto rung = make_face_train_rung(fusion, network, slots, stream);
  const auto parameters = uploaded(stream, random_parameters(spec, layout));
  const Memory memory(network, stream);
  enqueue(*rung, parameters, random_batch(c), memory, stream);
  return memory.outcome();
}

class FaceTrainStep : public DeviceCases<TrainCase> {};

TEST_P(FaceTrainStep, LossAndGradientAreTheDefinitions) {
  const TrainCase& c = param();
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const std::vector<float> start = random_parameters(spec, layout);
  const std::vector<double> parameters(start.begin(), start.end());
  const trainer::FaceBatch batch = random_batch(c);
  const std::vector<double> want = trainer::face_gradient(spec, layout, parameters, batch);
  const Outcome got = step(c, static_cast<int>(c.count) + 1, stream());
  EXPECT_NEAR(got.tally.last_loss, trainer::face_loss(spec, layout, parameters, batch), 1e-6);
  EXPECT_NEAR(got.tally.loss, got.tally.last_loss * static_cast<double>(c.count), 1e-12);
  EXPECT_EQ(got.tally.pictures, static_cast<std::int64_t>(c.count));
  double largest = 0;
  for (const double g : want) largest = std::max(largest, std::abs(g));
  // As the CPU stepper's: layers of sums and a normalisation each make some tens of roundings of 2^-24.
  EXPECT_TRUE(close(got.gradient, {want.begin(), want.end()}, {.abs = 100 * 0x1p-24 * largest}));
}

TEST_P(FaceTrainStep, MomentsAndCorrectPicturesAreTheCpus) {
  const TrainCase& c = param();
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  trainer::Pool pool(1);
  trainer::FaceStepper stepper(spec, layout, pool, c.count);
  std::vector<float> gradient(layout.size);
  const trainer::FaceLosses losses = stepper.gradients(random_parameters(spec, layout), random_batch(c), gradient);
  std::vector<float> want;
  for (std::size_t i = 0; i < c.stages.size(); ++i) {
    for (const auto* row : {&stepper.moments().mean[i], &stepper.moments().variance[i]})
      want.insert(want.end(), row->begin(), row->end());
  }
  const Outcome got = step(c, static_cast<int>(c.count), stream());
  EXPECT_TRUE(close(got.moments, want, {.abs = 64 * 0x1p-24, .rel = 64 * 0x1p-24}));
  EXPECT_EQ(got.tally.correct, static_cast<std::int64_t>(losses.correct));
}

INSTANTIATE_TEST_SUITE_P(All, FaceTrainStep,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

class FaceTrainTensorStep : public DeviceCases<TrainCase> {};

double norm_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum);
}

// Against the definition where maps are rounded as the rung rounds them: what is left are roundings of fp32, and those
// few numbers that they push to the other side of a rounding of bf16, 2^-8 of one of the many that a sum has, or of
// ReLU's or pooling's choice. Both together are bounded by half a last place of bf16 of the largest.
TEST_P(FaceTrainTensorStep, ItIsTheDefinitionOfMapsThatAreRounded) {
  const TrainCase& c = param();
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const RoundedStep want(spec, layout, random_parameters(spec, layout), random_batch(c));
  const Outcome got = step(c, static_cast<int>(c.count) + 1, stream(), FaceTrainFusion::tensor);
  double largest = 0;
  for (const double g : want.gradient) largest = std::max(largest, std::abs(g));
  EXPECT_NEAR(got.tally.last_loss, want.loss, 0x1p-12 * want.loss);
  EXPECT_TRUE(close(got.gradient, {want.gradient.begin(), want.gradient.end()}, {.abs = 0x1p-9 * largest}));
  EXPECT_TRUE(close(got.moments, {want.moments.begin(), want.moments.end()}, {.abs = 0x1p-12, .rel = 0x1p-12}));
}

// And against the definition itself. A stage rounds four maps (z, y, dy, dz) by 2^-9 at most, which alone is a share of
// 2^-9 sqrt(4 stages / 3) of a gradient's norm. More is lost where rounding changes ReLU's or pooling's choice: z near
// the edge by 2^-9 of its size, so that a share of 2^-9 of the numbers is routed otherwise at either, each a whole
// gradient wrong (gone here, come there: two), or sqrt(4 stages 2^-9) of the norm.
TEST_P(FaceTrainTensorStep, ItsGradientPointsWhereTheDefinitionsDoes) {
  const TrainCase& c = param();
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const std::vector<float> start = random_parameters(spec, layout);
  const std::vector<double> parameters(start.begin(), start.end());
  const std::vector<double> want = trainer::face_gradient(spec, layout, parameters, random_batch(c));
  const Outcome got = step(c, static_cast<int>(c.count), stream(), FaceTrainFusion::tensor);
  std::vector<double> error(want.size());
  for (std::size_t i = 0; i < want.size(); ++i) error[i] = static_cast<double>(got.gradient[i]) - want[i];
  const double stages = static_cast<double>(c.stages.size());
  EXPECT_LT(norm_of(error), std::sqrt(4 * stages * 0x1p-9) * norm_of(want));
  EXPECT_GT(norm_of(error), 0x1p-12 * norm_of(want)) << "nothing was rounded: another rung?";
}

INSTANTIATE_TEST_SUITE_P(All, FaceTrainTensorStep,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

class FaceTrainBits : public testing::TestWithParam<FaceTrainFusion> {};

/// Bits that every schedule must make: compared with the first backend's.
TEST_P(FaceTrainBits, AreTheSameUnderEverySchedule) {
  const DeviceState state = device_state();
  if (!state.available) GTEST_SKIP() << "no device: " << state.why_not << "; " << state.hint;
  std::optional<Outcome> first;
  for (const Backend& backend : backends(3)) {
    const OnBackend on(backend);
    const Outcome got = step(kCases[2], 3, on.stream(), GetParam());
    if (!first) first = got;
    EXPECT_EQ(got.gradient, first->gradient) << backend.name;
    EXPECT_EQ(got.moments, first->moments) << backend.name;
    EXPECT_EQ(got.tally.loss, first->tally.loss) << backend.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FaceTrainBits, testing::Values(FaceTrainFusion::unfused, FaceTrainFusion::tensor),
                         [](const auto& rung) { return name_of(rung.param); });

// Of the preset's last stage 56 pictures are 14 tiles, of which each is a part; 60 are 15, which are added up in twos.
TEST(FaceTrainParts, MemoryIsThatOfTheSmallerBatchThatNeedsMore) {
  constexpr ProductShape kLast{.side = 6, .in = 192, .out = 192, .reads = 192, .writes = 192};
  const auto parts = [](int n) { return gradient_groups(n, 6, gradient_run(n, 6, 192, 192)); };
  ASSERT_EQ(parts(56), 14);
  ASSERT_EQ(parts(60), 8);
  EXPECT_EQ(most_gradient_groups(kLast, 60), 14);
  EXPECT_EQ(most_gradient_groups(kLast, 40), parts(40));
}

/// What does not depend on the order of threads.
class FaceTrainOnce : public DeviceTest {};

TEST_P(FaceTrainOnce, NeitherSlotsNorAnEarlierBatchChangeABit) {
  const TrainCase& c = kCases[2];
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const FaceTrainNetwork network = trainer::kernel_network(spec, layout);
  const auto parameters = uploaded(stream(), random_parameters(spec, layout));
  TrainCase larger = c;
  larger.count = 8;
  for (const FaceTrainFusion fusion : {FaceTrainFusion::unfused, FaceTrainFusion::tensor}) {
    const auto rung = make_face_train_rung(fusion, network, 9, stream());
    const Memory earlier(network, stream()), memory(network, stream());
    enqueue(*rung, parameters, random_batch(larger, 9), earlier, stream());
    enqueue(*rung, parameters, random_batch(c), memory, stream());
    const Outcome got = memory.outcome(), want = step(c, 3, stream(), fusion);
    EXPECT_EQ(got.gradient, want.gradient) << name_of(fusion);
    EXPECT_EQ(got.moments, want.moments) << name_of(fusion);
    EXPECT_EQ(got.tally.loss, want.tally.loss) << name_of(fusion);
  }
}

// A head of zeros makes equal logits, of which the first counts, as of a target's equal shares.
TEST_P(FaceTrainOnce, BatchesAreAddedToTheTally) {
  const TrainCase& c = kCases[2];
  const engine::FaceSpec spec = spec_of(c);
  const trainer::FaceLayout layout(spec);
  const FaceTrainNetwork network = trainer::kernel_network(spec, layout);
  const auto rung = make_face_train_rung(FaceTrainFusion::unfused, network, 3, stream());
  std::vector<float> zero_head = random_parameters(spec, layout);
  std::ranges::fill(layout.head_weight.of(std::span(zero_head)), 0.0f);
  std::ranges::fill(layout.head_bias.of(std::span(zero_head)), 0.0f);
  const auto parameters = uploaded(stream(), zero_head);
  trainer::FaceBatch batch = random_batch(c);
  std::ranges::fill(batch.targets, 0.0f);
  batch.targets[0] = 1;                                        // the first class
  batch.targets[7] = 0.5f, batch.targets[7 + 3] = 0.5f;        // the first class, by the same rule
  batch.targets[14 + 1] = 0.5f, batch.targets[14 + 2] = 0.5f;  // the second class
  const Memory memory(network, stream());
  for (int i = 1; i <= 2; ++i) {
    enqueue(*rung, parameters, batch, memory, stream());
    const FaceTally tally = memory.outcome().tally;
    EXPECT_EQ(tally.pictures, 3 * i);
    EXPECT_EQ(tally.correct, 2 * i);
    EXPECT_NEAR(tally.last_loss, std::log(7), 1e-12);
    EXPECT_NEAR(tally.loss, 3 * i * std::log(7), 1e-11);
  }
}

/// The line for a network that a defect was put into.
template <class Defect>
std::string complaint(StreamRef stream, int slots, const Defect& defect) {
  const engine::FaceSpec spec = spec_of(kCases[2]);
  FaceTrainNetwork network = trainer::kernel_network(spec, trainer::FaceLayout(spec));
  defect(network);
  try {
    make_face_train_rung(FaceTrainFusion::unfused, network, slots, stream);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_P(FaceTrainOnce, DefectsAreTold) {
  const auto said = [&](auto defect) { return complaint(stream(), 2, defect); };
  EXPECT_EQ(said([](FaceTrainNetwork&) {}), "");
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.stages.clear(); }), "no stages"));
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.side = 3; }), "leaves nothing of 3"));
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.stages[1].in = 6; }), "stage 1 reads 6 channels of 5"));
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.stages[2].conv = n.size - 9; }), "stage 2's convolution reaches"));
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.head_bias = -1; }), "the head's bias reaches"));
  EXPECT_TRUE(has(said([](FaceTrainNetwork& n) { n.classes = 0; }), "no classes"));
  EXPECT_TRUE(has(complaint(stream(), 0, [](FaceTrainNetwork&) {}), "0 slots"));

  const engine::FaceSpec spec = spec_of(kCases[0]);
  const FaceTrainNetwork network = trainer::kernel_network(spec, trainer::FaceLayout(spec));
  const auto rung = make_face_train_rung(FaceTrainFusion::unfused, network, 2, stream());
  EXPECT_THROW(rung->gradients(nullptr, {.n = 0}, {}), std::invalid_argument);
  EXPECT_THROW(rung->gradients(nullptr, {.n = 3}, {}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, FaceTrainOnce, testing::ValuesIn({backends(0).front()}));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
