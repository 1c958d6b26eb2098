// The ladder behind Decoder and Predictor, on the emulator: equal to the reference within rounding, rung by rung, and
// bitwise equal to itself however it is asked.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <stdexcept>

#include "engine/data/error.h"
#include "engine/generate/cuda/make.h"
#include "engine/generate/session.h"
#include "kernels/emulator/faults.h"
#include "tests/engine/cpu_cases.h"
#include "tests/engine/predicted.h"

namespace engine {
namespace {

using kernels::Fusion;
using support::expect_alike;
using support::happy;
using support::kKey;
using support::write;

/// Small enough for the emulator, and of every form: heads apart and joint, tables, dense layers, several layers.
std::vector<support::NetworkCase> device_cases() {
  ModelSpec three = support::tiny_spec({16, 20, 12}, /*window=*/4, /*pitches=*/33);
  return {{"one_layer", support::tiny_spec({32}, 5, 128)},
          {"three_layers", three},
          {"window_of_one", support::tiny_spec({16, 8}, 1, 12)},
          {"embedding", support::embedding_spec()},
          {"deep_heads", support::deep_heads_spec()}};
}

struct RungCase {
  support::NetworkCase network;
  StateMode mode = StateMode::window;
  Fusion fusion = Fusion::cell;
};

void PrintTo(const RungCase& c, std::ostream* out) {
  *out << c.network.name << (c.mode == StateMode::window ? "_window_" : "_carry_") << kernels::name_of(c.fusion);
}

std::string rung_name(const testing::TestParamInfo<RungCase>& at) { return testing::PrintToString(at.param); }

std::vector<Fusion> all_rungs() {
  return {Fusion::unfused, Fusion::pointwise, Fusion::cell, Fusion::window, Fusion::note, Fusion::loop};
}

/// Empty where the rung serves the network.
std::string why_not(const RungCase& c) {
  try {
    (void)on_emulator::resolve_fusion(support::model_of(c.network.spec), {.state = c.mode, .fusion = c.fusion});
    return "";
  } catch (const UnservedRung& error) {
    return error.what();
  }
}

std::vector<RungCase> served_cases() {
  std::vector<RungCase> cases;
  for (const auto& network : device_cases()) {
    for (const StateMode mode : {StateMode::window, StateMode::carry}) {
      for (const Fusion fusion : all_rungs()) {
        if (why_not({network, mode, fusion}).empty()) cases.push_back({network, mode, fusion});
      }
    }
  }
  return cases;
}

/// Which rung serves what is part of what is promised: a rung that quietly stopped serving would lose its tests.
TEST(DeviceRungs, ServeTheNetworksTheyShouldAndSayWhyNot) {
  for (const auto& network : device_cases()) {
    for (const StateMode mode : {StateMode::window, StateMode::carry}) {
      for (const Fusion fusion : all_rungs()) {
        SCOPED_TRACE(testing::PrintToString(RungCase{network, mode, fusion}));
        const std::string why = why_not({network, mode, fusion});
        const bool every_network = fusion <= Fusion::window;
        if (every_network || network.name == "one_layer") {
          EXPECT_EQ(why, "");
        }
        if (why.empty()) continue;
        EXPECT_NE(why.find(std::string("rung ") + kernels::name_of(fusion)), std::string::npos) << why;
      }
    }
  }
}

class DeviceDecoder : public testing::TestWithParam<RungCase> {
 protected:
  CudaOptions options(int slots, int block = 256) const {
    return {.state = mode, .slots = slots, .block = block, .fusion = fusion};
  }
  std::unique_ptr<Decoder> reference() const {
    return make_reference_decoder(model, {.state = mode, .slots = 1, .threads = 1});
  }

  Model model = support::model_of(GetParam().network.spec);
  StateMode mode = GetParam().mode;
  Fusion fusion = GetParam().fusion;
  int window = model.spec.window;
  int pitches = model.spec.head(Field::pitch).size;
  std::vector<Note> primer = support::random_notes(2 * window + 1, pitches);
};

TEST_P(DeviceDecoder, WritesWhatTheReferenceWrites) {
  for (const int length : {0, 1, window, 2 * window + 1}) {
    SCOPED_TRACE(testing::Message() << "primer of " << length);
    const auto part = std::span(primer).first(static_cast<std::size_t>(length));
    const int notes = window + 4;
    expect_alike(write(*on_emulator::make_decoder(model, options(1)), part, happy(), notes),
                 write(*reference(), part, happy(), notes));
  }
}

TEST_P(DeviceDecoder, PiecesOfDifferentLengthsAreTheSameAsAloneInAnyBlocks) {
  constexpr int kPieces = 5;
  const auto batch = on_emulator::make_decoder(model, options(kPieces + 1, 4));
  const auto start = batch->prime(primer);
  std::vector<std::vector<Note>> notes(kPieces);
  std::vector<Stretch> stretches;
  for (int i = 0; i < kPieces; ++i) {
    notes[i].resize(static_cast<std::size_t>(3 + 2 * i));
    batch->load(i + 1, *start, {9, static_cast<std::uint64_t>(i)}, happy());
    stretches.push_back({i + 1, 3 + 2 * i, notes[i].data(), nullptr});
  }
  batch->advance(stretches);
  for (int i = 0; i < kPieces; ++i) {
    const auto single = on_emulator::make_decoder(model, options(1));
    std::vector<Note> alone(notes[i].size());
    single->load(0, *single->prime(primer), {9, static_cast<std::uint64_t>(i)}, happy());
    const int half = static_cast<int>(alone.size()) / 2;
    const Stretch first{0, half, alone.data(), nullptr};
    single->advance({&first, 1});
    const Stretch second{0, static_cast<int>(alone.size()) - half, alone.data() + half, nullptr};
    single->advance({&second, 1});
    EXPECT_EQ(alone, notes[i]) << "piece " << i;
  }
}

TEST_P(DeviceDecoder, ABrokenModelIsNamedWithItsNote) {
  model.tensors["step_head.bias"].values[0] = std::numeric_limits<float>::infinity();
  const auto decoder = on_emulator::make_decoder(model, options(2));
  std::vector<Note> notes(3);
  decoder->load(1, *decoder->prime(primer), kKey, happy());
  const Stretch stretch{1, 3, notes.data(), nullptr};
  try {
    decoder->advance({&stretch, 1});
    FAIL() << "an infinite step passed";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("note 0"), std::string::npos) << error.what();
  }
}

TEST_P(DeviceDecoder, PredictionsEqualTheReference) {
  if (fusion > Fusion::window) {  // they write notes and show no predictions
    EXPECT_THROW(on_emulator::make_predictor(model, options(1)), UnservedRung);
    return;
  }
  const std::vector<std::vector<Note>> data = {support::random_notes(window + 1, pitches, 21),
                                               {},
                                               support::random_notes(window, pitches, 22),
                                               support::random_notes(3 * window + 2, pitches, 23)};
  const auto want = support::predict(*make_reference_predictor(model, {.state = mode}), data);
  const auto got = support::predict(*on_emulator::make_predictor(model, options(1)), data);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "piece " << i);
    ASSERT_EQ(got[i].step.size(), want[i].step.size());
    if (want[i].step.empty()) continue;
    EXPECT_LE(support::relative_l2(got[i].pitch_logits, want[i].pitch_logits), 1e-5);
    EXPECT_LE(support::relative_l2(got[i].step, want[i].step), 1e-5);
    EXPECT_LE(support::relative_l2(got[i].duration, want[i].duration), 1e-5);
  }
}

/// Calls `work` with a fault at its 1st, 2nd, ... call of the kind, in steps that grow by an eighth, until a run meets
/// none.
/// @return how many runs were struck
int strike_everywhere(kernels::emulator::Fault fault, const std::function<void()>& work) {
  int struck = 0;
  for (int nth = 1;; nth += 1 + nth / 8) {
    const kernels::emulator::FaultScope scope(fault, nth);
    try {
      work();
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find("injected"), std::string::npos) << error.what();
    }
    if (!scope.struck()) return struck;
    ++struck;
  }
}

// A copy that is under way when a call fails must find its host memory where it was: the address sanitizer looks on.
TEST_P(DeviceDecoder, AFaultAtAnyCallIsToldAndLeavesNoCopyBehind) {
  using kernels::emulator::Fault;
  const std::vector<std::vector<Note>> data = {support::random_notes(window + 2, pitches, 21)};
  const auto work = [&] {
    const auto decoder = on_emulator::make_decoder(model, options(2, 3));
    std::vector<Note> notes(4);
    decoder->load(1, *decoder->prime(primer), kKey, happy());
    const Stretch stretch{1, 4, notes.data(), nullptr};
    decoder->advance({&stretch, 1});
    if (fusion <= Fusion::window) support::predict(*on_emulator::make_predictor(model, options(1)), data);
  };
  EXPECT_GE(strike_everywhere(Fault::kAllocation, work), 10);
  EXPECT_GE(strike_everywhere(Fault::kCopy, work), 10);
  EXPECT_GE(strike_everywhere(Fault::kLaunch, work), 2);
  strike_everywhere(Fault::kGraph, work);  // rungs of one launch capture none
}

INSTANTIATE_TEST_SUITE_P(All, DeviceDecoder, testing::ValuesIn(served_cases()), rung_name);

/// Operands of 16 bits, by the rungs that serve networks of any size.
struct HalfCase {
  support::NetworkCase network;
  StateMode mode;
  kernels::Precision precision;
};
void PrintTo(const HalfCase& c, std::ostream* out) {
  *out << c.network.name << (c.mode == StateMode::window ? "_window_" : "_carry_") << kernels::name_of(c.precision);
}
std::vector<HalfCase> half_cases() {
  std::vector<HalfCase> cases;
  for (const auto& network : device_cases()) {
    for (const StateMode mode : {StateMode::window, StateMode::carry}) {
      for (const auto precision : {kernels::Precision::fp16, kernels::Precision::bf16}) {
        cases.push_back({network, mode, precision});
      }
    }
  }
  return cases;
}

class DeviceHalf : public testing::TestWithParam<HalfCase> {
 protected:
  CudaOptions options(int slots, std::optional<Fusion> fusion = {}) const {
    return {.state = GetParam().mode, .slots = slots, .fusion = fusion, .precision = GetParam().precision};
  }
  bool serves(Fusion fusion) const {
    try {
      return on_emulator::resolve_fusion(model, options(1, fusion)) == fusion;
    } catch (const UnservedRung&) {
      return false;
    }
  }
  /// performance.md, section 6.
  double gate() const { return GetParam().precision == kernels::Precision::fp16 ? 2e-3 : 1e-2; }
  Model model = support::model_of(GetParam().network.spec);
};

TEST_P(DeviceHalf, PredictionsEqualTheReferenceWithinTheGate) {
  const int window = model.spec.window, pitches = model.spec.head(Field::pitch).size;
  const std::vector<std::vector<Note>> data = {
      support::random_notes(window + 1, pitches, 21), {}, support::random_notes(3 * window + 2, pitches, 23)};
  const auto want = support::predict(*make_reference_predictor(model, {.state = GetParam().mode}), data);
  const auto got = support::predict(*on_emulator::make_predictor(model, options(1)), data);
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_EQ(got[i].step.size(), want[i].step.size());
    if (want[i].step.empty()) continue;
    EXPECT_LE(support::relative_l2(got[i].pitch_logits, want[i].pitch_logits), gate());
    EXPECT_LE(support::relative_l2(got[i].step, want[i].step), gate());
    EXPECT_LE(support::relative_l2(got[i].duration, want[i].duration), gate());
    EXPECT_GT(support::relative_l2(got[i].pitch_logits, want[i].pitch_logits), 1e-6) << "computed in fp32?";
  }
}

// The rung that stands for all writes what each of them does, and what no rung at all does.
TEST_P(DeviceHalf, EveryRungWritesTheSameNotes) {
  const std::vector<Note> primer = support::random_notes(7, model.spec.head(Field::pitch).size);
  const auto notes = [&](std::optional<Fusion> fusion) {
    return write(*on_emulator::make_decoder(model, options(1, fusion)), primer, happy(), 6).notes;
  };
  const Fusion stands_for_all = on_emulator::resolve_fusion(model, options(1));
  const bool on_chip = model.spec.lstm.size() == 1 && GetParam().network.name == "one_layer";
  EXPECT_EQ(stands_for_all, on_chip ? Fusion::loop : Fusion::cell);
  const auto want = notes({});
  EXPECT_EQ(notes(stands_for_all), want);
  EXPECT_EQ(notes(Fusion::cell), want);
  // What no block holds one cluster does, unless there are layers between its state and its heads.
  const Fusion on_many_blocks = GetParam().mode == StateMode::carry ? Fusion::loop : Fusion::cluster;
  const bool on_a_cluster = GetParam().network.name != "deep_heads";
  EXPECT_EQ(serves(on_many_blocks), on_a_cluster);
  if (on_a_cluster) {
    EXPECT_EQ(notes(on_many_blocks), want);
  }
  if (GetParam().mode == StateMode::window) {
    EXPECT_EQ(notes(Fusion::staggered), want);
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeviceHalf, testing::ValuesIn(half_cases()),
                         [](const auto& at) { return testing::PrintToString(at.param); });

TEST(DeviceHalf, PredictionsAskWhetherWeightsFit) {
  Model model = support::model_of(support::tiny_spec({16, 8}, 3, 12));
  model.tensors["lstm.weight_ih_l1"].values[3] = 1e5f;
  EXPECT_THROW(on_emulator::make_predictor(model, {.precision = kernels::Precision::fp16}), ModelError);
  EXPECT_NO_THROW(on_emulator::make_predictor(model, {.precision = kernels::Precision::bf16}));
}

// Staggered states are made for a piece and stay; memory, copies and launches may fail at any of them.
TEST(DeviceHalf, AFaultAtAnyCallIsToldAndLeavesNoCopyBehind) {
  using kernels::emulator::Fault;
  const Model model = support::model_of(support::tiny_spec({16, 20}, 3, 33));
  const std::vector<Note> primer = support::random_notes(5, 33);
  const std::vector<std::vector<Note>> data = {support::random_notes(5, 33, 21)};
  const CudaOptions options{.slots = 2, .block = 2, .precision = kernels::Precision::fp16};  // too few for a cluster
  const auto work = [&] {
    const auto decoder = on_emulator::make_decoder(model, options);
    std::vector<Note> notes(4);
    decoder->load(1, *decoder->prime(primer), kKey, happy());
    const Stretch stretch{1, 4, notes.data(), nullptr};
    decoder->advance({&stretch, 1});
    support::predict(*on_emulator::make_predictor(model, options), data);
  };
  EXPECT_GE(strike_everywhere(Fault::kAllocation, work), 10);
  EXPECT_GE(strike_everywhere(Fault::kCopy, work), 10);
  EXPECT_GE(strike_everywhere(Fault::kLaunch, work), 10);
  EXPECT_GE(strike_everywhere(Fault::kGraph, work), 1);
}

// One launch of a cluster for a stretch, beside those that read the primer and take seats.
TEST(DeviceClustered, AFaultAtAnyCallIsToldAndLeavesNoCopyBehind) {
  using kernels::emulator::Fault;
  const Model model = support::model_of(support::tiny_spec({16, 20}, 3, 33));
  const std::vector<Note> primer = support::random_notes(5, 33);
  for (const StateMode state : {StateMode::window, StateMode::carry}) {
    const CudaOptions options{.state = state,
                              .slots = 2,
                              .block = 3,
                              .fusion = state == StateMode::carry ? Fusion::loop : Fusion::cluster,
                              .precision = kernels::Precision::bf16};
    const auto work = [&] {
      const auto decoder = on_emulator::make_decoder(model, options);
      std::vector<Note> notes(4);
      decoder->load(1, *decoder->prime(primer), kKey, happy());
      const Stretch stretch{1, 4, notes.data(), nullptr};
      decoder->advance({&stretch, 1});
    };
    EXPECT_GE(strike_everywhere(Fault::kAllocation, work), 10);
    EXPECT_GE(strike_everywhere(Fault::kCopy, work), 10);
    EXPECT_GE(strike_everywhere(Fault::kLaunch, work), 3);
  }
}

class DeviceSession : public testing::TestWithParam<CudaOptions> {};

TEST_P(DeviceSession, RefillsSlotsWithPiecesOfAllLengths) {
  const bool half = GetParam().precision != kernels::Precision::fp32;
  const Model model = support::model_of(support::tiny_spec(half ? std::vector{16, 12} : std::vector{32}, 5, 33));
  struct Gathered final : NoteSink {
    void notes(const PieceRequest& piece, int first, std::span<const Note> notes, std::span<const NoteTrace>) override {
      auto& all = pieces[piece.key.index];
      EXPECT_EQ(static_cast<int>(all.size()), first);
      all.insert(all.end(), notes.begin(), notes.end());
    }
    void finished(const PieceRequest&) override { ++done; }
    std::map<std::uint64_t, std::vector<Note>> pieces;
    int done = 0;
  };
  const auto run = [&](int slots, int block) {
    CudaOptions options = GetParam();
    options.slots = slots;
    options.block = block;
    const auto decoder = on_emulator::make_decoder(model, options);
    const auto start = decoder->prime(support::random_notes(7, 33));
    Session session(*decoder, block);
    for (std::uint64_t i = 0; i < 7; ++i) {
      session.add({.key = {4, i},
                   .notes = 2 + static_cast<int>(i * 5 % 7),
                   .expression = happy(),
                   .changes = {},
                   .primer = start});
    }
    Gathered sink;
    EXPECT_TRUE(session.run(sink));
    EXPECT_EQ(sink.done, 7);
    return sink.pieces;
  };
  EXPECT_EQ(run(2, 3), run(1, 16));
}

const CudaOptions kSessions[] = {
    {.fusion = Fusion::cell},
    {.fusion = Fusion::staggered, .precision = kernels::Precision::fp16},  // states of piece after piece
    {.state = StateMode::carry,
     .fusion = Fusion::cell,
     .precision = kernels::Precision::bf16},  // states to and fro between two formats
    // Blocks of 3 notes on a cluster, and shorter ends by launches: what either leaves behind is the other's.
    {.precision = kernels::Precision::fp16},
    {.state = StateMode::carry, .precision = kernels::Precision::bf16},
    {.fusion = Fusion::cluster, .precision = kernels::Precision::fp16},
    {.state = StateMode::carry, .fusion = Fusion::loop, .precision = kernels::Precision::bf16},
};
INSTANTIATE_TEST_SUITE_P(All, DeviceSession, testing::ValuesIn(kSessions));

TEST(DeviceFaults, MisuseIsRefusedBeforeAnythingIsWritten) {
  const Model model = support::model_of(support::tiny_spec({16}, 3, 12));
  EXPECT_THROW(on_emulator::make_decoder(model, {.slots = 0}), std::invalid_argument);
  const CudaOptions options{.slots = 2, .fusion = Fusion::cell};
  const auto decoder = on_emulator::make_decoder(model, options), other = on_emulator::make_decoder(model, options);
  Note note;
  const Stretch stretch{0, 1, &note, nullptr}, beyond{2, 1, &note, nullptr}, none{0, 0, &note, nullptr};
  EXPECT_THROW(decoder->advance({&stretch, 1}), std::invalid_argument) << "holds no piece";
  const auto start = decoder->prime({});
  EXPECT_THROW(other->load(0, *start, kKey, happy()), std::invalid_argument) << "primed by another";
  decoder->load(0, *start, kKey, happy());
  const Stretch twice[] = {stretch, stretch};
  EXPECT_THROW(decoder->advance(twice), std::invalid_argument);
  EXPECT_THROW(decoder->advance({&beyond, 1}), std::invalid_argument);
  EXPECT_THROW(decoder->advance({&none, 1}), std::invalid_argument);
  decoder->start({&stretch, 1});
  EXPECT_THROW(decoder->start({&stretch, 1}), std::invalid_argument) << "one is under way";
  decoder->finish();
}

}  // namespace
}  // namespace engine
