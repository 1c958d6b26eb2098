// The reference network against PyTorch's numbers (tests/golden/make_forward_golden.py) and against itself.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/generate/make.h"
#include "engine/generate/reference/network.h"
#include "tests/support/tiny_models.h"

namespace engine::reference {
namespace {

nlohmann::json golden() {
  std::ifstream file(AFFETTO_GOLDEN "/forward.json");
  EXPECT_TRUE(file.good()) << "tests/golden/forward.json is missing";
  return nlohmann::json::parse(file);
}

// PyTorch computed in double on the same float weights; sums of at most 30 terms of order 1.
constexpr double kTolerance = 1e-12;

TEST(Network, AgreesWithPyTorchInDouble) {
  for (const auto& example : golden()) {
    ModelSpec spec = support::tiny_spec(example["lstm"].get<std::vector<int>>(), 4, example["pitches"].get<int>());
    Model model;
    model.spec = spec;
    for (const auto& [name, shape] : tensor_shapes(spec)) {
      model.tensors[name] = {shape, example["tensors"].at(name).get<std::vector<float>>()};
    }
    std::vector<Note> notes;
    for (const auto& n : example["notes"]) {
      notes.push_back(
          {.step_s = n[1].get<float>(), .duration_s = n[2].get<float>(), .pitch = n[0].get<std::uint8_t>()});
    }
    const Outputs outputs = Network(model).replay(notes);
    const auto logits = example["pitch_logits"].get<std::vector<double>>();
    ASSERT_EQ(outputs.pitch_logits.size(), logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(outputs.pitch_logits[i], logits[i], kTolerance) << i;
    EXPECT_NEAR(outputs.step, example["step"].get<double>(), kTolerance);
    EXPECT_NEAR(outputs.duration, example["duration"].get<double>(), kTolerance);
  }
}

TEST(Predictor, WindowModeReadsExactlyTheLastNotes) {
  const Model model = support::tiny_model(support::tiny_spec());
  const auto notes = support::random_notes(9, 12);
  const Network network(model);
  std::vector<Predictions> got;
  make_reference_predictor(model, {})->predict(std::vector<std::vector<Note>>{notes},
                                               [&](std::size_t, const Predictions& p) { got.push_back(p); });
  ASSERT_EQ(got.size(), 1u);
  ASSERT_EQ(got[0].step.size(), notes.size() - 4);
  const Outputs last = network.replay(std::span(notes).subspan(4, 4));  // predicts note 8 from notes 4 to 7
  EXPECT_EQ(got[0].step.back(), static_cast<float>(last.step));
}

TEST(Predictor, PiecesNoLongerThanTheWindowGiveNothing) {
  const Model model = support::tiny_model(support::tiny_spec());
  make_reference_predictor(model, {})->predict(std::vector<std::vector<Note>>{support::random_notes(4, 12), {}},
                                               [](std::size_t, const Predictions& p) { EXPECT_TRUE(p.step.empty()); });
}

TEST(Decoder, NoNoteAtAllMeansTheHeadsOnTheZeroState) {
  const Model model = support::tiny_model(support::tiny_spec());
  const auto decoder = make_reference_decoder(model, {});
  decoder->load(0, *decoder->prime({}), {}, {});
  NoteTrace trace;
  Note note;
  const Stretch stretch{0, 1, &note, &trace};
  decoder->advance({&stretch, 1});
  const Outputs zero = Network(model).read(Network(model).zero_state());
  for (std::size_t i = 0; i < trace.logits.size(); ++i)
    EXPECT_EQ(trace.logits[i], static_cast<float>(zero.pitch_logits[i]));
}

}  // namespace
}  // namespace engine::reference
