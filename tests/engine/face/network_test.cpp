// Reading a face on the CPU against the definition, and against itself in other company.
#include "engine/face/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/data/error.h"
#include "engine/face/mirror.h"
#include "engine/face/reference.h"
#include "kernels/cpu/isa.h"
#include "tests/engine/face/small_face.h"
#include "tests/support/isa_test.h"

namespace engine {
namespace {

class FaceReading : public test_support::IsaTest {};

TEST_P(FaceReading, ProbabilitiesAreTheDefinitions) {
  const FaceModel model = small_face_model();
  const std::vector<float> pictures = random_pictures(5, model.spec);
  FaceNetwork network(model, 2);
  std::vector<double> probabilities(5 * 3);
  network.classify(pictures, probabilities);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto want = classify_reference(model, std::span(pictures).subspan(i * 121, 121));
    double total = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      total += probabilities[i * 3 + k];
      EXPECT_NEAR(probabilities[i * 3 + k], want[k], 1e-5);  // four layers of sums of up to 300 terms near 1
    }
    EXPECT_NEAR(total, 1, 1e-12);
  }
}

TEST_P(FaceReading, ThreadsAndCompanyChangeNoBit) {
  const FaceModel model = small_face_model();
  const std::vector<float> pictures = random_pictures(7, model.spec);
  std::vector<double> want(7 * 3);
  FaceNetwork(model, 1).classify(pictures, want);
  for (const int threads : {2, 3, 16}) {
    FaceNetwork network(model, threads);
    std::vector<double> got(7 * 3);
    network.classify(pictures, got);
    EXPECT_EQ(got, want) << threads;
    std::vector<double> last(3);
    network.classify(std::span(pictures).subspan(6 * 121), last);
    EXPECT_EQ(last, std::vector<double>(want.end() - 3, want.end())) << threads;
  }
}

AFFETTO_EVERY_ISA(FaceReading);

TEST(FaceNetwork, SizesThatDoNotAgreeAreRefused) {
  FaceNetwork network(small_face_model(), 1);
  std::vector<double> room(3);
  EXPECT_THROW(network.classify(std::vector<float>(120), room), std::invalid_argument);
  EXPECT_THROW(network.classify(std::vector<float>(242), room), std::invalid_argument);
}

std::vector<float> mirrored(const std::vector<float>& pictures, std::size_t side) {
  std::vector<float> other = pictures;
  for (auto row = other.begin(); row != other.end(); row += static_cast<std::ptrdiff_t>(side))
    std::reverse(row, row + static_cast<std::ptrdiff_t>(side));
  return other;
}

TEST(FaceNetwork, BothWaysIsTheMeanOfAPictureAndItsMirrorImage) {
  constexpr std::size_t kCount = 1030;  // more than are mirrored at once
  const FaceModel model = small_face_model();
  FaceNetwork network(model, 2);
  const std::vector<float> pictures = random_pictures(kCount, model.spec), other = mirrored(pictures, 11);
  std::vector<double> one(kCount * 3), two(kCount * 3), both(kCount * 3), both_of_other(kCount * 3);
  network.classify(pictures, one);
  network.classify(other, two);
  EXPECT_NE(one, two);
  classify_both_ways(network, pictures, both);
  for (std::size_t i = 0; i < both.size(); ++i) EXPECT_EQ(both[i], (one[i] + two[i]) / 2) << i;
  classify_both_ways(network, other, both_of_other);
  EXPECT_EQ(both, both_of_other);
  EXPECT_THROW(classify_both_ways(network, std::vector<float>(122), both), std::invalid_argument);
}

TEST(FaceNetwork, StandardisingLeavesAWallFlat) {
  std::vector<std::uint8_t> wall(100, 77), edge(100, 0);
  for (std::size_t i = 0; i < 50; ++i) edge[i] = 200;
  std::vector<float> picture(100);
  standardise(wall, picture);
  EXPECT_EQ(picture, std::vector<float>(100, 0.0f));
  standardise(edge, picture);
  EXPECT_FLOAT_EQ(picture.front(), 1);
  EXPECT_FLOAT_EQ(picture.back(), -1);
}

TEST(FaceNetwork, StandardisingMakesNoFaceOfNoise) {
  std::vector<std::uint8_t> faint(100, 77);
  for (std::size_t i = 0; i < 100; i += 4) faint[i] = 78;  // deviation sqrt(3) / 4, below one level
  std::vector<float> picture(100);
  standardise(faint, picture);
  EXPECT_FLOAT_EQ(picture[0], 0.75f);
  EXPECT_FLOAT_EQ(picture[1], -0.25f);
}

TEST(FaceModel, ThePresetIsSmall) {
  const auto parameters = static_cast<double>(new_face_model(face_spec(), 1).parameters());
  double products = 0, side = face_spec().side, in = 1;
  for (const FaceStage& stage : face_spec().stages) {
    products += side * side * 9 * in * stage.channels;
    in = stage.channels;
    if (stage.pool) side /= 2;
  }
  EXPECT_NEAR(parameters, 0.84e6, 0.005e6);  // what spec.h and the README say; a million is the most it may be
  EXPECT_NEAR(products, 106e6, 0.5e6);
}

TEST(FaceModel, GoesThroughATable) {
  FaceModel model = small_face_model();
  model.card["licence"] = "ours";
  const FaceModel back = face_model_from_table(table_from_face_model(model), "x");
  EXPECT_EQ(back.spec, model.spec);
  EXPECT_EQ(back.tensors, model.tensors);
  EXPECT_EQ(back.card, model.card);
  EXPECT_TRUE(is_face_model(table_from_face_model(model)));
  EXPECT_FALSE(is_face_model({}));
}

/// The line for a table that a defect was put into.
template <class Defect>
std::string complaint(const Defect& defect) {
  TensorTable table = table_from_face_model(small_face_model());
  defect(table);
  try {
    face_model_from_table(table, "f.safetensors");
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

TEST(FaceModel, DefectsAreToldInOneLine) {
  const auto with_spec = [](auto change) {
    return [=](TensorTable& table) {
      FaceSpec spec = small_face_spec();
      change(spec);
      table.metadata["affetto.face"] = format_face_spec(spec);
    };
  };
  EXPECT_EQ(complaint([](TensorTable&) {}), "");
  EXPECT_NE(complaint([](TensorTable& t) { t.metadata.clear(); }).find("does not describe a face"), std::string::npos);
  EXPECT_NE(complaint([](TensorTable& t) { t.metadata["affetto.face"] = "{"; }).find("cannot be read"),
            std::string::npos);
  EXPECT_NE(complaint([](TensorTable& t) { t.metadata["affetto.face"] = std::string(99, '['); }).find("nests"),
            std::string::npos);
  EXPECT_NE(complaint([](TensorTable& t) { t.tensors.erase("head.bias"); }).find("head.bias is missing"),
            std::string::npos);
  EXPECT_NE(complaint([](TensorTable& t) { t.tensors["stages.1.norm.running_var"].values[2] = -1; }).find("variance"),
            std::string::npos);
  EXPECT_NE(complaint([](TensorTable& t) { t.tensors["head.weight"].values[0] = NAN; }).find("finite"),
            std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.side = 3; })).find("pooling leaves nothing"), std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.side = 100000; })).find("side is 100000"), std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.stages.clear(); })).find("stages is 0"), std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.stages[1].channels = 0; })).find("stage 1's channels"),
            std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.classes[1] = "happy"; })).find("same name"), std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) {
              s.side = 100, s.stages.assign(64, {2048, false});
            })).find("its maps"),
            std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.temperature = 0; })).find("temperature is 0"), std::string::npos);
  EXPECT_NE(complaint(with_spec([](FaceSpec& s) { s.stages[0].channels = 6; })).find("its description needs"),
            std::string::npos);
}

}  // namespace
}  // namespace engine
