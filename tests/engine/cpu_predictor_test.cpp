// Teacher-forced outputs of the packed float32 path.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/cpu_cases.h"
#include "tests/engine/predicted.h"

namespace engine {
namespace {

using support::NetworkCase;
using support::predict;
using support::relative_l2;

class CpuPredictor : public testing::TestWithParam<std::tuple<NetworkCase, StateMode>> {
 protected:
  Model model = support::model_of(std::get<0>(GetParam()).spec);
  StateMode mode = std::get<1>(GetParam());

  std::vector<std::vector<Note>> pieces(int longest) const {
    const int window = model.spec.window, pitches = model.spec.head(Field::pitch).size;
    std::vector<std::vector<Note>> list;
    for (const int size : {window + 1, 0, window, 2 * window + 7, longest}) {
      list.push_back(support::random_notes(size, pitches, 20 + static_cast<std::uint64_t>(size)));
    }
    return list;
  }
};

TEST_P(CpuPredictor, OutputsEqualTheReferenceForEveryTarget) {
  const auto data = pieces(/*longest=*/10 * model.spec.window + 3);
  const auto want = predict(*make_reference_predictor(model, {.state = mode}), data);
  const auto got = predict(*make_cpu_predictor(model, {.state = mode, .threads = 2}), data);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "piece " << i);
    ASSERT_EQ(got[i].pitch_logits.size(), want[i].pitch_logits.size());
    ASSERT_EQ(got[i].step.size(), want[i].step.size());
    ASSERT_EQ(got[i].duration.size(), want[i].duration.size());
    EXPECT_LE(relative_l2(got[i].pitch_logits, want[i].pitch_logits), 1e-5);
    EXPECT_LE(relative_l2(got[i].step, want[i].step), 1e-5);
    EXPECT_LE(relative_l2(got[i].duration, want[i].duration), 1e-5);
  }
}

TEST_P(CpuPredictor, BitsDependOnNothingButThePiece) {
  auto data = pieces(/*longest=*/20 * model.spec.window + 3);
  const auto one = predict(*make_cpu_predictor(model, {.state = mode, .threads = 1}), data);
  const auto three = predict(*make_cpu_predictor(model, {.state = mode, .threads = 3}), data);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto alone = predict(*make_cpu_predictor(model, {.state = mode, .threads = 2}), {data[i]});
    EXPECT_EQ(three[i].pitch_logits, one[i].pitch_logits);
    EXPECT_EQ(alone[0].pitch_logits, one[i].pitch_logits);
    EXPECT_EQ(alone[0].step, one[i].step);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, CpuPredictor,
                         testing::Combine(testing::ValuesIn(support::network_cases()),
                                          testing::Values(StateMode::window, StateMode::carry)),
                         support::case_name);

TEST(CpuPredictorBatch, ManyPiecesComeOutInOrder) {
  const Model model = support::model_of(support::tiny_spec());
  std::vector<std::vector<Note>> data;
  for (int i = 0; i < 200; ++i) data.push_back(support::random_notes(i % 23, 12, static_cast<std::uint64_t>(i)));
  const auto all = predict(*make_cpu_predictor(model, {.threads = 2}), data);
  ASSERT_EQ(all.size(), data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::size_t window = 4;
    EXPECT_EQ(all[i].step.size(), data[i].size() > window ? data[i].size() - window : 0);
  }
}

}  // namespace
}  // namespace engine
