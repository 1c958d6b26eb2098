// Reading a face on the GPU path, by the emulator: against the definition and against the CPU, rung by rung.
#include <gtest/gtest.h>

#include <stdexcept>

#include "engine/face/cuda/make.h"
#include "engine/face/network.h"
#include "engine/face/reference.h"
#include "tests/engine/face/small_face.h"

namespace engine {
namespace {

using kernels::FaceFusion;

class DeviceFace : public testing::TestWithParam<FaceFusion> {};

// Four stages: sums of up to 300 terms near 1 in fp32 as on the CPU; in fp16 every number is off by up to 2^-11, of
// which sums of both signs and the mean leave a part.
double tolerance(FaceFusion fusion) { return fusion < FaceFusion::tensor ? 1e-5 : 2 * 0x1p-11; }

TEST_P(DeviceFace, ProbabilitiesAreTheDefinitions) {
  const FaceModel model = small_face_model();
  const std::vector<float> pictures = random_pictures(5, model.spec);
  const auto classifier = on_emulator::make_face_classifier(model, {.fusion = GetParam(), .slots = 3});
  EXPECT_EQ(classifier->spec(), model.spec);
  std::vector<double> probabilities(5 * 3);
  classifier->classify(pictures, probabilities);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto want = classify_reference(model, std::span(pictures).subspan(i * 121, 121));
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(probabilities[i * 3 + k], want[k], tolerance(GetParam()));
  }
}

TEST_P(DeviceFace, CompanyChangesNoBit) {
  const FaceModel model = small_face_model();
  const std::vector<float> pictures = random_pictures(5, model.spec);
  std::vector<double> want(5 * 3), got(5 * 3);
  on_emulator::make_face_classifier(model, {.fusion = GetParam(), .slots = 5})->classify(pictures, want);
  const auto two = on_emulator::make_face_classifier(model, {.fusion = GetParam(), .slots = 2});
  for (int again = 0; again < 2; ++again) {
    two->classify(pictures, got);
    EXPECT_EQ(got, want);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryRung, DeviceFace,
                         testing::Values(FaceFusion::unfused, FaceFusion::stage, FaceFusion::tensor, FaceFusion::whole),
                         [](const auto& rung) { return std::string(kernels::name_of(rung.param)); });

TEST(DeviceFaceOptions, WithoutARungItIsTheCpusArithmetic) {
  const FaceModel model = small_face_model();
  const std::vector<float> pictures = random_pictures(2, model.spec);
  std::vector<double> cpu(2 * 3), device(2 * 3);
  FaceNetwork(model, 1).classify(pictures, cpu);
  on_emulator::make_face_classifier(model, {})->classify(pictures, device);
  for (std::size_t i = 0; i < cpu.size(); ++i) EXPECT_NEAR(device[i], cpu[i], 2e-5);  // twice the definition's
}

TEST(DeviceFaceOptions, WhatDoesNotFitIsRefused) {
  FaceModel model = small_face_model();
  const auto classifier = on_emulator::make_face_classifier(model, {});
  std::vector<double> room(3);
  EXPECT_THROW(classifier->classify(std::vector<float>(120), room), std::invalid_argument);
  EXPECT_THROW(classifier->classify(std::vector<float>(242), room), std::invalid_argument);
  EXPECT_THROW(on_emulator::make_face_classifier(model, {.slots = 0}), std::invalid_argument);
  model.tensors.at("stages.2.conv.weight").values[0] = 1e5f;
  EXPECT_NO_THROW(on_emulator::make_face_classifier(model, {}));
  EXPECT_THROW(on_emulator::make_face_classifier(model, {.fusion = FaceFusion::tensor}), UnservedRung);
}

}  // namespace
}  // namespace engine
