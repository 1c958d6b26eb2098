#include "engine/model/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/data/error.h"
#include "tests/support/tiny_models.h"

namespace engine {
namespace {

std::string why(const TensorTable& table) {
  try {
    model_from_table(table, "m.safetensors");
  } catch (const ModelError& error) {
    return error.problem().why;
  }
  return "opened";
}

ModelSpec rich_spec() {
  ModelSpec spec = support::tiny_spec({6, 4}, 7);
  spec.inputs = {{.field = Field::pitch, .encoding = Encoding::embedding, .classes = 12, .width = 3},
                 {.field = Field::pitch, .encoding = Encoding::one_hot, .classes = 12},
                 {.field = Field::step, .scale = 2},
                 {.field = Field::duration}};
  spec.dense = {{5, Activation::tanh}};
  spec.heads[1].hidden = {{3, Activation::relu}};
  spec.heads[2].activation = Activation::relu;
  spec.state = StateMode::carry;
  spec.sampling.sampler = Sampler::gumbel;
  spec.sampling.form = ModulationForm::is_signed;
  return spec;
}

TEST(Spec, JsonBringsEverythingBack) { EXPECT_EQ(parse_spec(format_spec(rich_spec()), "x"), rich_spec()); }

TEST(Spec, UnknownNamesAndDeepNestingAreRefused) {
  std::string json = format_spec(support::tiny_spec());
  EXPECT_THROW(parse_spec(json.replace(json.find("\"scaled\""), 8, "\"scalet\""), "x"), ModelError);
  EXPECT_THROW(parse_spec(std::string(100000, '['), "x"), ModelError);
  EXPECT_THROW(parse_spec("{}", "x"), ModelError);
}

TEST(Model, ATableBringsEverythingBack) {
  Model model = support::tiny_model(rich_spec());
  model.clusters = support::tiny_clusters();
  model.card["licence"] = "none";
  const Model back = model_from_table(table_from_model(model), "x");
  EXPECT_EQ(back.spec, model.spec);
  EXPECT_EQ(back.tensors, model.tensors);
  EXPECT_EQ(back.clusters, model.clusters);
  EXPECT_EQ(back.card, model.card);
}

TEST(Model, APlainStateDictOpensByItsShapes) {
  ModelSpec spec = seed_spec();
  spec.lstm = {16, 8};
  TensorTable table = table_from_model(new_model(spec, 1));
  table.metadata.clear();
  const Model model = model_from_table(table, "x");
  EXPECT_EQ(model.spec.lstm, (std::vector<int>{16, 8}));
  EXPECT_EQ(model.spec.window, seed_spec().window);
  EXPECT_EQ(model.spec.inputs, seed_spec().inputs);
}

TEST(Model, MissingTensorsWrongShapesAndNaNAreNamed) {
  const TensorTable good = table_from_model(support::tiny_model(support::tiny_spec()));
  TensorTable table = good;
  table.tensors.erase("step_head.bias");
  EXPECT_NE(why(table).find("step_head.bias is missing"), std::string::npos);
  table = good;
  table.tensors["lstm.weight_hh_l0"].shape = {4, 25};
  EXPECT_NE(why(table).find("lstm.weight_hh_l0 is [4, 25]"), std::string::npos) << why(table);
  table = good;
  table.tensors["pitch_head.bias"].values[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(why(table).find("pitch_head.bias holds"), std::string::npos);
  table = good;
  table.metadata["affetto.spec"] = "{\"name\":";
  EXPECT_NE(why(table).find("cannot be read"), std::string::npos);
  EXPECT_NE(why(TensorTable{}).find("neither our description"), std::string::npos);
}

TEST(Model, FreshWeightsStayWithinTheirBoundAndDependOnTheSeed) {
  const Model a = new_model(seed_spec(), 1), b = new_model(seed_spec(), 1), c = new_model(seed_spec(), 2);
  EXPECT_EQ(a.tensors, b.tensors);
  EXPECT_NE(a.tensors, c.tensors);
  const double bound = 1 / std::sqrt(static_cast<double>(seed_spec().lstm[0]));
  double greatest = 0;
  for (const float v : a.tensor("lstm.weight_hh_l0").values) greatest = std::max(greatest, std::abs(double{v}));
  EXPECT_LE(greatest, bound);
  EXPECT_GT(greatest, 0.99 * bound);
}

TEST(Clusters, JsonBringsThemBackAndNonsenseIsRefused) {
  const Clusters clusters = support::tiny_clusters();
  EXPECT_EQ(parse_clusters(format_clusters(clusters), "x"), clusters);
  for (const char* text : {"", "[]", "{\"centroids\":[[1],[2]]}", "null"})
    EXPECT_THROW(parse_clusters(text, "x"), ModelError);
}

}  // namespace
}  // namespace engine
