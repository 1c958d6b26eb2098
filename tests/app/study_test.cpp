// Labels, the picture of clusters, and what a file is by its content.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "app/cluster/labels.h"
#include "app/cluster/picture.h"
#include "app/glue/split.h"
#include "app/inspect/content.h"
#include "app/inspect/inspect.h"
#include "engine/data/error.h"
#include "engine/model/model.h"
#include "engine/model/presets.h"
#include "io/errors.h"

namespace app {
namespace {

using engine::Mood;
using Json = nlohmann::ordered_json;

Labels labels(std::string_view text) { return labels_of(parse_csv(text, "l.csv"), "/corpus/l.csv"); }
PieceLabel of(const Labels& all, const char* file) { return all.at(same_form(file)); }

TEST(Labels, QuadrantOneIsHappyThreeIsSadAndTheOthersAreNeither) {
  const Labels all = labels("file,quadrant\na.mid,Q1\nb.mid,Q2\nc.mid,Q3\nd/d.mid,Q4\ne.mid,\n");
  EXPECT_EQ(of(all, "/corpus/a.mid").mood, Mood::happy);
  EXPECT_EQ(of(all, "/corpus/b.mid").mood, Mood::unknown);
  EXPECT_EQ(of(all, "/corpus/c.mid").mood, Mood::sad);
  EXPECT_EQ(of(all, "/corpus/d/d.mid").name, "Q4");
  EXPECT_EQ(all.size(), 4u);
}

TEST(Labels, WordsAndSignsAreRead) {
  const Labels all = labels("file,label\na.mid,happy\nb.mid,+1\nc.mid,1\nd.mid,sad\ne.mid,-1\n");
  for (const char* file : {"/corpus/a.mid", "/corpus/b.mid", "/corpus/c.mid"})
    EXPECT_EQ(of(all, file).mood, Mood::happy);
  for (const char* file : {"/corpus/d.mid", "/corpus/e.mid"}) EXPECT_EQ(of(all, file).mood, Mood::sad);
}

TEST(Labels, OtherLabelsAndContradictionsAreRefused) {
  EXPECT_THROW(labels("file,quadrant\na.mid,Q5\n"), io::FormatError);
  EXPECT_THROW(labels("file,label\na.mid,Happy!\n"), io::FormatError);
  EXPECT_THROW(labels("file,quadrant\na.mid,Q1\na.mid,Q2\n"), io::FormatError);
  EXPECT_NO_THROW(labels("file,quadrant\na.mid,Q1\na.mid,Q1\n"));
  EXPECT_THROW(labels("file,mood\na.mid,Q1\n"), io::FormatError);
}

/// Pieces that differ most in mean duration, less in longest duration and mean step, hardly in pitch.
std::vector<engine::Features> pieces() {
  std::vector<engine::Features> all;
  for (int i = 0; i < 8; ++i) {
    const double side = i < 4 ? 0 : 1, noise = i % 4 * 0.1;
    all.push_back({side + 4 * noise, 1, 0, 10 * side + noise, 8 * side + 3 * noise, 0, 60 + 10 * noise, 70, 2});
  }
  return all;
}

engine::Clusters centres() {
  engine::Clusters clusters;
  clusters.happy = pieces().front();
  clusters.sad = pieces()[4];
  return clusters;
}

TEST(Picture, ShowsTheFeatureThatSeparatesMostAndTheNextOfAnotherKind) {
  EXPECT_EQ(telling_features(centres(), pieces()), (std::array<std::size_t, 2>{3, 0}));
}

TEST(Picture, NamesUnitsAndHoldsEveryPiece) {
  const std::string svg = draw_clusters(centres(), pieces(), "pieces");
  EXPECT_NE(svg.find("mean duration, s"), std::string::npos);
  EXPECT_NE(svg.find("8 pieces and their two clusters"), std::string::npos);
}

TEST(Picture, OfManyPointsOnlySomeAreDrawn) {
  std::vector<engine::Features> many;
  for (int i = 0; i < 20001; ++i) many.push_back({i % 100 * 0.01, 0, 0, i / 100 * 0.01});
  const std::string svg = draw_clusters(centres(), many, "windows");
  EXPECT_NE(svg.find("4001 of 20001 windows"), std::string::npos);  // every fifth, since four give 5001
}

Content content(const std::string& bytes) {
  return content_of({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

TEST(Content, IsToldByTheFirstBytes) {
  using namespace std::string_literals;
  EXPECT_EQ(content("MThd\0\0\0\6\0\0\0\1\0\x60"s), Content::midi);
  EXPECT_EQ(content("RIFF\x20\0\0\0RMIDdata"s), Content::midi);
  EXPECT_EQ(content("\2\0\0\0\0\0\0\0{}"s), Content::tensors);
  EXPECT_EQ(content("RIFF\x20\0\0\0WAVEfmt "s), Content::audio);
  EXPECT_EQ(content("fLaC\0\0\0\x22"s), Content::audio);
  EXPECT_EQ(content("OggS\0\2"s), Content::audio);
  EXPECT_EQ(content("\xFF\xFB\x90\x64"s), Content::audio);
  EXPECT_EQ(content("ID3\3\0"s), Content::audio);
  EXPECT_EQ(content("\x89PNG\r\n"s), Content::picture);
  EXPECT_EQ(content("\xFF\xD8\xFF\xE0"s), Content::picture);
  EXPECT_EQ(content("hello\n"s), Content::text);
  EXPECT_EQ(content(""s), Content::unknown);
  EXPECT_EQ(content("\0\1\2\3"s), Content::unknown);
}

TEST(Content, ATensorHeaderLongerThanTheFileIsNone) {
  using namespace std::string_literals;
  EXPECT_EQ(content("\3\0\0\0\0\0\0\0{}"s), Content::unknown);
  EXPECT_EQ(content("\2\0\0\0\0\0\0\x80{}"s), Content::unknown);
}

engine::Score tune() {
  engine::Score score;
  for (int i = 0; i < 4; ++i) {
    score.notes.push_back({.onset_s = 0.5 * i, .duration_s = 0.25, .pitch = static_cast<std::uint8_t>(60 + i)});
  }
  score.tracks = {{.name = "piano", .notes = 4}};
  score.length_s = 1.75;
  return score;
}

TEST(DescribeMidi, HoldsTheNineFeaturesAndTheNearerCentre) {
  engine::Clusters clusters;
  clusters.happy = {0.375, 0.5, 0.2, 0.25, 0.25, 0, 61.5, 63, 1};
  clusters.sad = {5, 5, 5, 5, 5, 5, 5, 5, 5};
  const Json json = describe_midi(tune(), Judge{clusters, "here.json"});
  EXPECT_EQ(json["features"].size(), 9u);
  EXPECT_DOUBLE_EQ(json["features"]["avg_step"].get<double>(), 0.375);
  EXPECT_EQ(json["cluster"]["name"], "happy");
  EXPECT_LT(json["cluster"]["distance_happy"].get<double>(), json["cluster"]["distance_sad"].get<double>());
  EXPECT_TRUE(json["recipe"].is_null());
}

TEST(DescribeMidi, AnEmptyScoreHasNoFeaturesAndNoCluster) {
  const Json json = describe_midi(engine::Score{}, Judge{});
  EXPECT_TRUE(json["features"].is_null());
  EXPECT_TRUE(json["cluster"].is_null());
  EXPECT_TRUE(json["pitches"].is_null());
}

TEST(DescribeMidi, TheRecipeIsShownAsJsonAndABrokenOneAsText) {
  engine::Score score = tune();
  score.texts = {"a comment", "affetto-recipe: {\"seed\": 7}"};
  EXPECT_EQ(describe_midi(score, {})["recipe"]["seed"], 7);
  score.texts = {"affetto-recipe: {\"seed\""};
  EXPECT_EQ(describe_midi(score, {})["recipe"], "{\"seed\"");
  score.texts = {"affetto-recipe: " + std::string(1'000'000, '[') + std::string(1'000'000, ']')};
  EXPECT_TRUE(describe_midi(score, {})["recipe"].is_string());
}

TEST(DescribeTensors, AModelShowsItsSpecAndCard) {
  engine::Model model = engine::new_model(engine::seed_spec(), 1);
  model.card["licence"] = "CC BY-NC-SA 4.0";
  const Json json = describe_tensors(engine::table_from_model(model), "m.safetensors");
  EXPECT_EQ(json["content"], "model");
  EXPECT_EQ(json["parameters"], model.parameters());
  EXPECT_EQ(json["spec"]["window"], model.spec.window);
  EXPECT_EQ(json["card"]["licence"], "CC BY-NC-SA 4.0");
}

TEST(DescribeTensors, ACheckpointIsToldByTheTrainersKeys) {
  engine::TensorTable table;
  table.tensors["w"] = {{2}, {1, 2}};
  table.metadata["trainer.iteration"] = "120";
  const Json json = describe_tensors(table, "c.safetensors");
  EXPECT_EQ(json["content"], "checkpoint");
  EXPECT_EQ(json["trainer"]["iteration"], "120");
  EXPECT_EQ(json["numbers"], 2);
}

TEST(DescribeTensors, AnythingElseIsNoModel) {
  engine::TensorTable table;
  table.tensors["w"] = {{2}, {1, 2}};
  EXPECT_THROW(describe_tensors(table, "x.safetensors"), engine::ModelError);
}

}  // namespace
}  // namespace app
