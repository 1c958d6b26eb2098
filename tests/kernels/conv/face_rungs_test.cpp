// Every rung of the face network against the definition, and against itself in other company.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "kernels/runtime/graph.h"
#include "tests/kernels/conv/face_case.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/device/close.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

using enum FaceFusion;
constexpr FaceFusion kAll[] = {unfused, stage, tensor, whole};

// One stage; odd sides, of which pooling passes over the last; more pixels than a tile and more channels than a unit;
// more input channels than the steps in flight, and a last slice of channels that is not full.
const FaceCase kCases[] = {{"one stage", 8, {{3, false}}, 2},
                           {"pooled at once", 5, {{4, true}}, 3},
                           {"odd sides", 11, {{5, false}, {7, true}, {18, true}}, 7},
                           {"many tiles", 18, {{17, true}, {3, false}, {6, true}, {5, false}}, 4},
                           {"deep", 4, {{40, false}, {66, true}, {20, false}}, 33}};

std::vector<float> classify(FaceFusion fusion, const HostFace& face, const std::vector<float>& pictures, int slots,
                            StreamRef stream) {
  const FaceWeights& weights = face.weights();
  const std::size_t n = pictures.size() / face.pixels();
  const auto rung = make_face_rung(fusion, weights, slots, stream);
  const auto there = uploaded(stream, pictures);
  const auto probabilities = poisoned<float>(stream, n * static_cast<std::size_t>(weights.classes));
  rung->classify(there.data(), static_cast<int>(n), probabilities.data());
  return probabilities.to_host();
}

/// Of probabilities. Of a logit's error, which is that of activations near 1 times a row of weights of size about 2, a
/// probability sees a quarter at most. Roundings go either way, so that their sum grows as the root of their number.
Tolerance tolerance(FaceFusion fusion, const FaceCase& c) {
  int channels = 1;
  for (const FaceCase::Stage& stage : c.stages) channels = std::max(channels, stage.channels);
  const auto stages = static_cast<double>(c.stages.size());
  // fp32: a sum of 9 C terms in each stage. fp16: weights and activations, rounded once each; the terms' errors are
  // averaged, not added up, by a sum of terms of both signs.
  return fusion < tensor ? Tolerance{.abs = stages * std::sqrt(9.0 * channels) * 0x1p-24}
                         : Tolerance{.abs = std::sqrt(stages) * 0x1p-11};
}

class FaceRungs : public DeviceCases<FaceCase> {};

TEST_P(FaceRungs, ProbabilitiesAreThoseOfTheDefinition) {
  const HostFace face(param());
  const std::vector<float> pictures = face.pictures(2), want = face_reference(face.weights(), pictures);
  for (const FaceFusion fusion : kAll)
    EXPECT_TRUE(close(classify(fusion, face, pictures, 2, stream()), want, tolerance(fusion, param())))
        << name_of(fusion);
}

// The same products in the same order: only where a compiler joins multiplication and addition may they differ, and
// then an activation by one place of fp16, which a mean and a sum over features dilute.
TEST_P(FaceRungs, WholeMakesTheNumbersOfTensor) {
  const HostFace face(param());
  const std::vector<float> pictures = face.pictures(2);
  EXPECT_TRUE(close(classify(whole, face, pictures, 2, stream()), classify(tensor, face, pictures, 2, stream()),
                    {.abs = 0x1p-14}));
}

INSTANTIATE_TEST_SUITE_P(All, FaceRungs, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(1))));

class FaceRungCompany : public DeviceTest {
 public:
  const FaceCase& small() const { return kCases[2]; }
};

TEST_P(FaceRungCompany, NeitherCompanyNorSlotsChangeABit) {
  const HostFace face(small());
  const std::vector<float> pictures = face.pictures(3);
  const std::size_t classes = 7;
  for (const FaceFusion fusion : kAll) {
    const std::vector<float> together = classify(fusion, face, pictures, 3, stream());
    EXPECT_EQ(classify(fusion, face, pictures, 2, stream()), together) << name_of(fusion);  // a part of 2, a part of 1
    const std::vector<float> last(pictures.end() - static_cast<std::ptrdiff_t>(face.pixels()), pictures.end());
    EXPECT_EQ(classify(fusion, face, last, 1, stream()),
              std::vector<float>(together.end() - static_cast<std::ptrdiff_t>(classes), together.end()))
        << name_of(fusion);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FaceRungCompany, testing::ValuesIn(backends(1)));

/// What does not depend on the order of threads.
class FaceRungOnce : public DeviceTest {};

TEST_P(FaceRungOnce, ARungCanBeUsedAgainAndNoPicturesAreNoWork) {
  const HostFace face(kCases[0]);
  const std::vector<float> pictures = face.pictures(1);
  const auto there = uploaded(stream(), pictures);
  for (const FaceFusion fusion : kAll) {
    const auto rung = make_face_rung(fusion, face.weights(), 2, stream());
    const auto first = poisoned<float>(stream(), 2), second = poisoned<float>(stream(), 2);
    rung->classify(there.data(), 1, first.data());
    rung->classify(nullptr, 0, nullptr);
    rung->classify(there.data(), 1, second.data());
    EXPECT_EQ(first.to_host(), second.to_host()) << name_of(fusion);
    EXPECT_THROW(rung->classify(there.data(), -1, first.data()), std::invalid_argument);
  }
}

TEST_P(FaceRungOnce, AGraphOfItDoesTheSame) {
  const HostFace face(kCases[0]);
  const auto there = uploaded(stream(), face.pictures(3));
  for (const FaceFusion fusion : kAll) {
    const auto rung = make_face_rung(fusion, face.weights(), 2, stream());
    const auto want = poisoned<float>(stream(), 6), got = poisoned<float>(stream(), 6);
    rung->classify(there.data(), 3, want.data());
    GraphCapture capture(stream());
    rung->classify(there.data(), 3, got.data());
    capture.finish().replay(stream());
    EXPECT_EQ(got.to_host(), want.to_host()) << name_of(fusion);
  }
}

// Of one stage and of three: in the one an infinite activation reaches the head, in the other a next convolution.
TEST_P(FaceRungOnce, ANetworkFarFromItsDataStaysFinite) {
  for (const FaceCase* c : {&kCases[0], &kCases[2]}) {
    const HostFace face(*c);
    std::vector<float> picture = face.pictures(1);
    for (float& p : picture) p *= 1e6f;
    for (const FaceFusion fusion : kAll) {
      const std::vector<float> got = classify(fusion, face, picture, 1, stream());
      float total = 0;
      for (const float p : got) total += p;
      EXPECT_NEAR(total, 1, 1e-5) << c->name << ", " << name_of(fusion);
    }
  }
}

/// The line for a network that a defect was put into.
template <class Defect>
std::string complaint(FaceFusion fusion, StreamRef stream, const Defect& defect, int slots = 1) {
  const HostFace face(kCases[2]);
  FaceWeights weights = face.weights();
  defect(weights);
  try {
    make_face_rung(fusion, weights, slots, stream);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_P(FaceRungOnce, DefectsAreTold) {
  const auto said = [&](auto defect) { return complaint(stage, stream(), defect); };
  EXPECT_EQ(said([](FaceWeights&) {}), "");
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.stages.clear(); }), "no stages"));
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.side = 3; }), "leaves nothing of 3"));
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.stages[1].in = 6; }), "stage 1 reads 6 channels of 5"));
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.stages[1].scale = {}; }), "scale has 0 numbers, expected 7"));
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.stages[2].weight = w.stages[2].weight.first(9); }), "expected 1134"));
  EXPECT_TRUE(has(said([](FaceWeights& w) { w.classes = 6; }), "the head's weight has 126"));
  EXPECT_TRUE(has(complaint(
                      stage, stream(), [](FaceWeights&) {}, 0),
                  "0 slots"));
}

TEST_P(FaceRungOnce, WhatARungDoesNotServeItSays) {
  const std::vector<float> huge(std::size_t{9} * 5 * 7, 65520);
  const auto with_huge = [&](FaceWeights& w) { w.stages[1].weight = huge; };
  EXPECT_EQ(complaint(stage, stream(), with_huge), "");
  EXPECT_TRUE(has(complaint(tensor, stream(), with_huge), "stage 1 has weights beyond fp16"));

  const HostFace large({"large", 64, {{32, false}, {32, false}}, 2});
  EXPECT_EQ(why_not(tensor, large.weights()), "");
  EXPECT_TRUE(has(why_not(whole, large.weights()), "524304 bytes, 232448 at most"));
  const HostFace deep({"many", 3, std::vector<FaceCase::Stage>(17, {1, false}), 2});
  EXPECT_TRUE(has(why_not(whole, deep.weights()), "17 stages, 16 at most"));
}

// The preset, whose 48 x 48 x 32 and 24 x 24 x 32 numbers of fp16 are the largest pair.
TEST_P(FaceRungOnce, ThePresetIsServedByAll) {
  FaceCase preset{"preset", 48, {}, 7};
  for (const int channels : {32, 64, 128, 192}) {
    preset.stages.push_back({channels, false});
    preset.stages.push_back({channels, channels < 192});
  }
  const HostFace face(preset);
  const std::vector<float> picture = face.pictures(1), want = face_reference(face.weights(), picture);
  for (const FaceFusion fusion : kAll)
    EXPECT_TRUE(close(classify(fusion, face, picture, 1, stream()), want, tolerance(fusion, preset)))
        << name_of(fusion);
}

INSTANTIATE_TEST_SUITE_P(All, FaceRungOnce, testing::ValuesIn({backends(0).front()}));

TEST(FaceRungNames, AreFound) {
  for (const FaceFusion fusion : kAll) EXPECT_EQ(find_face_fusion(name_of(fusion)), fusion);
  EXPECT_EQ(find_face_fusion("loop"), std::nullopt);
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
