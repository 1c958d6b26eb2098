// The loop: learning, resuming bit for bit, stopping, refusing.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "engine/data/error.h"
#include "tests/trainer/tiny.h"
#include "trainer/bptt/reference.h"
#include "trainer/run/train.h"
#include "trainer/run/validator.h"

namespace trainer {
namespace {

using namespace testing;

/// Pieces that walk up and down the pitches, two notes at a time together: the next note follows from the last two.
Corpus walking_corpus(int pieces, int notes, int first) {
  Corpus corpus;
  for (int p = first; p < first + pieces; ++p) {
    std::vector<engine::Note> piece;
    int pitch = p % kClasses, direction = p % 2 ? 1 : -1;
    for (int i = 0; i < notes; ++i) {
      if (pitch + direction < 0 || pitch + direction >= kClasses) direction = -direction;
      pitch += direction;
      piece.push_back({.step_s = i % 2 ? 0.0f : 0.25f,
                       .duration_s = pitch % 2 ? 0.5f : 0.125f,
                       .pitch = static_cast<std::uint8_t>(pitch)});
    }
    append_piece(corpus, "walk " + std::to_string(p), piece);
  }
  return corpus;
}

TrainOptions small_options() {
  TrainOptions o;
  o.spec = tiny_spec(1, 12);
  o.batch = 8, o.length = 10, o.threads = 2;
  o.learning_rate = 0.02, o.warmup = 5, o.epochs = 4;
  o.checkpoint_seconds = 0;
  return o;
}

/// Keeps what it gets, and asks for a stop after so many iterations.
struct Sink : RunSink {
  std::vector<Progress> progress;
  std::vector<Validation> validations;
  std::vector<std::pair<engine::TensorTable, CheckpointReason>> checkpoints;
  std::vector<engine::Model> best;
  std::stop_source source;
  std::int64_t stop_at_validation = -1;

  void on_progress(const Progress& p) override { progress.push_back(p); }
  void on_validation(const Validation& v) override {
    validations.push_back(v);
    if (v.iteration == stop_at_validation) source.request_stop();
  }
  void on_best(const engine::Model& model, const Validation&) override { best.push_back(model); }
  void on_checkpoint(const engine::TensorTable& table, CheckpointReason reason) override {
    checkpoints.emplace_back(table, reason);
  }
};

RunResult run(const TrainOptions& options, Sink& sink, std::optional<Checkpoint> resume = std::nullopt) {
  return train(options, walking_corpus(6, 41, 0), walking_corpus(3, 31, 6), resume, sink, sink.source.get_token());
}

/// All but the time it took.
engine::TensorTable without_clock(engine::TensorTable table) {
  table.metadata.erase("trainer.seconds");
  return table;
}

TEST(Train, LearnsASimpleCorpusBelowItsUnigramEntropy) {
  TrainOptions o = small_options();
  o.epochs = 60;
  Sink sink;
  const RunResult result = run(o, sink);
  ASSERT_FALSE(sink.validations.empty());
  const Validation& last = sink.validations.back();
  EXPECT_GT(last.unigram_entropy, 1.5);
  EXPECT_LT(last.losses.heads[0], 0.5 * last.unigram_entropy);
  EXPECT_GT(last.losses.accuracy(), 0.7);
  EXPECT_LT(result.best_validation.best, sink.validations.front().selected);
  EXPECT_EQ(result.ending, Ending::finished);
  EXPECT_EQ(sink.best.back().tensors, result.best.tensors);
  EXPECT_EQ(sink.checkpoints.back().second, CheckpointReason::finished);
  ASSERT_FALSE(sink.progress.empty());
  EXPECT_EQ(sink.progress.back().iteration, result.iterations);
}

TEST(Train, ResumedRunEqualsUninterruptedRunBitForBit) {
  TrainOptions o = small_options();
  o.spec = rich_spec(2, 10);
  o.epochs = 15, o.validation_interval = 7, o.plateau_patience = 1;
  Sink whole;
  const RunResult want = run(o, whole);
  ASSERT_GT(want.iterations, 40);
  for (const std::int64_t stop_at : {7, 28}) {
    Sink first, second;
    first.stop_at_validation = stop_at;
    const RunResult half = run(o, first);
    EXPECT_EQ(half.ending, Ending::stopped);
    EXPECT_EQ(half.iterations, stop_at);
    ASSERT_EQ(first.checkpoints.back().second, CheckpointReason::stopped);
    o.threads = 1;  // nor do threads matter
    const RunResult got = run(o, second, checkpoint_from_table(first.checkpoints.back().first, "checkpoint"));
    EXPECT_EQ(got.iterations, want.iterations);
    EXPECT_EQ(got.best.tensors, want.best.tensors);
    EXPECT_EQ(without_clock(second.checkpoints.back().first), without_clock(whole.checkpoints.back().first));
  }
}

TEST(Train, CheckpointSurvivesItsTableExactly) {
  Sink sink;
  run(small_options(), sink);
  const engine::TensorTable table = sink.checkpoints.back().first;
  EXPECT_EQ(to_table(checkpoint_from_table(table, "checkpoint")), table);
}

TEST(Train, CheckpointKeepsEveryNumber) {
  const engine::ModelSpec spec = tiny_spec(1, 3);
  Checkpoint c;
  c.weights = engine::new_model(spec, 1);
  c.trained = c.adam_m = c.adam_v = c.best = c.weights.tensors;
  c.iteration = (std::int64_t{1} << 53) + 1, c.epoch = 18446744073709551615u,
  c.position = 5;  // beyond a double's reach
  c.seconds = 0.1, c.rate_factor = 0.3, c.plateau_count = 7, c.stop_count = 8;
  c.plateau_best = 1.0 / 3, c.best_selected = 2.0 / 3, c.best_iteration = 11, c.has_best = true, c.options_hash = "h";
  const Checkpoint d = checkpoint_from_table(to_table(c), "checkpoint");
  const auto numbers = [](const Checkpoint& x) {
    return std::tie(x.iteration, x.epoch, x.position, x.seconds, x.rate_factor, x.plateau_count, x.stop_count,
                    x.plateau_best, x.best_selected, x.best_iteration, x.has_best, x.options_hash);
  };
  EXPECT_EQ(numbers(c), numbers(d));
  EXPECT_EQ(c.trained, d.trained);
  EXPECT_EQ(c.weights.tensors, d.weights.tensors);
}

TEST(Train, DamagedCheckpointsAreRefused) {
  Sink sink;
  run(small_options(), sink);
  const engine::TensorTable good = sink.checkpoints.back().first;
  for (const auto& [key, text] : good.metadata) {
    engine::TensorTable bad = good;
    bad.metadata.erase(key);
    EXPECT_THROW(checkpoint_from_table(bad, "x"), engine::ModelError) << key;
    if (key == "trainer.options" || key == "trainer.has_best") continue;
    bad.metadata[key] = "-x";
    EXPECT_THROW(checkpoint_from_table(bad, "x"), engine::ModelError) << key;
  }
  for (const auto& [name, tensor] : good.tensors) {
    engine::TensorTable bad = good;
    bad.tensors[name].values[0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(checkpoint_from_table(bad, "x"), engine::ModelError) << name;
    bad.tensors.erase(name);
    EXPECT_THROW(checkpoint_from_table(bad, "x"), engine::ModelError) << name;
  }
}

TEST(Train, CheckpointOfAnotherRunIsRefused) {
  Sink sink;
  TrainOptions o = small_options();
  run(o, sink);
  const Checkpoint checkpoint = checkpoint_from_table(sink.checkpoints.back().first, "checkpoint");
  for (const int what : {0, 1, 2}) {
    TrainOptions other = o;
    if (what == 0) other.seed = 2;
    if (what == 1) other.batch = 9;
    if (what == 2) other.spec.lstm = {13};
    Sink unused;
    EXPECT_THROW(run(other, unused, checkpoint), engine::Error) << what;
  }
  o.epochs = 5;  // a longer run may go on from it
  Sink longer;
  EXPECT_GT(run(o, longer, checkpoint).iterations, checkpoint.iteration);
}

TEST(Train, ValidationReadsExactlyTheLastWindowOfEveryTarget) {
  const engine::ModelSpec spec = tiny_spec(1, 6);
  const ParameterLayout layout(spec);
  const Corpus corpus = [] {
    Corpus c = walking_corpus(2, 23, 0);
    append_piece(c, "too short", std::vector<engine::Note>(4));
    append_piece(c, "just one", std::vector<engine::Note>(5));
    return c;
  }();
  const std::vector<double> parameters = random_parameters(layout, 3);
  Pool pool(1);
  Validator validator(spec, layout, pool, corpus, 0);
  const std::vector<float> weights(parameters.begin(), parameters.end());
  const Losses got = validator.measure(weights);
  ASSERT_EQ(got.targets, 2 * (23 - 4) + 1);
  double total = 0;
  std::int64_t correct = 0;
  for (std::size_t p = 0; p < corpus.pieces(); ++p) {
    for (std::size_t first = corpus.piece_begin[p]; first + 4 < corpus.piece_begin[p + 1]; ++first) {
      Batch batch;
      clear_batch(batch, 4, 1, 3);
      place_sequence(corpus, first, 4, 1e9f, batch, 0);
      const Losses one = reference_pass(spec, layout, parameters, batch, false).losses;
      total += one.total, correct += one.correct;
    }
  }
  EXPECT_NEAR(got.total, total / static_cast<double>(got.targets), 1e-5 * got.total);
  EXPECT_EQ(got.correct, correct);
  Validator some(spec, layout, pool, corpus, 10);
  EXPECT_EQ(some.measure(weights).targets, 10);
  EXPECT_EQ(some.name(), "validation, window 4, 10 of 39 windows");
}

TEST(Train, EarlyStopEndsARunThatDoesNotImprove) {
  TrainOptions o = small_options();
  o.learning_rate = 1e-12, o.epochs = 1000, o.validation_interval = 2, o.early_stop_patience = 3, o.warmup = 0;
  o.select = "step";
  Sink sink;
  const RunResult result = run(o, sink);
  EXPECT_EQ(result.ending, Ending::early);
  EXPECT_LT(result.iterations, 100);
}

TEST(Train, TimeBudgetEndsARun) {
  TrainOptions o = small_options();
  o.epochs = 1e9, o.max_seconds = 0.05;
  Sink sink;
  const RunResult result = run(o, sink);
  EXPECT_EQ(result.ending, Ending::out_of_time);
  EXPECT_GT(result.iterations, 0);
  EXPECT_EQ(sink.validations.back().iteration, result.iterations);
}

TEST(Train, DivergenceIsAnErrorThatNamesTheIteration) {
  TrainOptions o = small_options();
  o.learning_rate = 1e30, o.clip_norm = 0, o.warmup = 0, o.epochs = 100, o.validation_interval = 1000000;
  Sink sink;
  try {
    run(o, sink);
    FAIL() << "it did not diverge";
  } catch (const engine::Error& e) {
    EXPECT_NE(e.problem().where.find("iteration"), std::string::npos) << e.what();
    EXPECT_NE(e.problem().hint.find("learning rate"), std::string::npos);
  }
}

TEST(Train, EmptySplitsAndImpossibleOptionsAreRefused) {
  const Corpus some = walking_corpus(2, 30, 0), none, tiny = walking_corpus(2, 3, 0);
  const TrainOptions o = small_options();
  Sink sink;
  EXPECT_THROW(train(o, none, some, std::nullopt, sink, {}), engine::Error);
  EXPECT_THROW(train(o, some, none, std::nullopt, sink, {}), engine::Error);
  EXPECT_THROW(train(o, some, tiny, std::nullopt, sink, {}), engine::Error);
  Corpus high = some;
  high.pitch[3] = kClasses;
  EXPECT_THROW(train(o, high, some, std::nullopt, sink, {}), engine::Error);
  for (const auto& change : std::vector<void (*)(TrainOptions&)>{
           [](TrainOptions& t) { t.batch = 0; }, [](TrainOptions& t) { t.length = 0; },
           [](TrainOptions& t) { t.epochs = 0; }, [](TrainOptions& t) { t.learning_rate = 0; },
           [](TrainOptions& t) { t.learning_rate = std::numeric_limits<double>::quiet_NaN(); },
           [](TrainOptions& t) { t.select = "harmony"; }, [](TrainOptions& t) { t.plateau_factor = 1; },
           [](TrainOptions& t) { t.input_gain[1] = -1; }}) {
    TrainOptions bad = o;
    change(bad);
    EXPECT_THROW(train(bad, some, some, std::nullopt, sink, {}), std::invalid_argument);
  }
}

TEST(Train, WindowModeTrainsOnOneTargetAWindow) {
  TrainOptions o = small_options();
  o.positions = LossPositions::last;
  o.epochs = 1;
  Sink sink;
  const RunResult result = run(o, sink);
  EXPECT_EQ(result.iterations, (6 * (41 - 4) + 7) / 8);
  EXPECT_EQ(result.epochs, 1);
}

}  // namespace
}  // namespace trainer
