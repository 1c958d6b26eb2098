// The packed float32 decoder: equal to the reference within rounding, and bitwise equal to itself however it is asked.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/data/error.h"
#include "kernels/cpu/isa.h"
#include "kernels/math/half.h"
#include "tests/engine/cpu_cases.h"
#include "tests/engine/written.h"

namespace engine {
namespace {

using support::expect_alike;
using support::happy;
using support::kKey;
using support::NetworkCase;
using support::write;
using support::Written;

std::vector<Note> notes_of(const Model& model, const DecoderOptions& options, std::span<const Note> primer, int notes) {
  return write(*make_cpu_decoder(model, options), primer, happy(), notes).notes;
}

class CpuDecoder : public testing::TestWithParam<std::tuple<NetworkCase, StateMode>> {
 protected:
  Model model = support::model_of(std::get<0>(GetParam()).spec);
  StateMode mode = std::get<1>(GetParam());
  int window = model.spec.window;
  int pitches = model.spec.head(Field::pitch).size;
  std::vector<Note> primer = support::random_notes(2 * window + 1, pitches);
};

TEST_P(CpuDecoder, WritesWhatTheReferenceWrites) {
  const DecoderOptions options{.state = mode, .slots = 1, .threads = 1};
  const int lengths[] = {0, 1, window, 2 * window + 1};
  for (const int length : lengths) {
    SCOPED_TRACE(testing::Message() << "primer of " << length);
    const auto part = std::span(primer).first(static_cast<std::size_t>(length));
    const int notes = 2 * window + 3;
    expect_alike(write(*make_cpu_decoder(model, options), part, happy(), notes),
                 write(*make_reference_decoder(model, options), part, happy(), notes));
  }
}

TEST_P(CpuDecoder, EverySamplingOptionActsAsInTheReference) {
  const DecoderOptions options{.state = mode, .slots = 1, .threads = 1};
  std::vector<Expression> expressions(9, happy());
  expressions[0].sampling.greedy = true;
  expressions[1].sampling.top_k = 3;
  expressions[2].sampling.top_p = 0.4;
  expressions[3].sampling.sampler = Sampler::gumbel;
  expressions[3].sampling.top_k = 7;
  expressions[3].sampling.top_p = 0.8;
  expressions[4].sampling.draw = ModulationDraw::note;
  expressions[5].sampling.form = ModulationForm::is_signed;
  expressions[5].emotion = {-1, 1};
  expressions[6].sampling.alpha = 0;
  expressions[7].emotion = {0, 0};
  expressions[8].sampling.sigma_step = expressions[8].sampling.sigma_duration = 4;  // factors below 0 happen
  expressions[8].emotion = {-1, 1};
  expressions[8].sampling.draw = ModulationDraw::note;
  const auto device = make_cpu_decoder(model, options), reference = make_reference_decoder(model, options);
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "expression " << i);
    expect_alike(write(*device, primer, expressions[i], 12), write(*reference, primer, expressions[i], 12));
  }
}

TEST_P(CpuDecoder, EveryInstructionSetWritesWhatTheReferenceWrites) {
  const kernels::Isa before = kernels::active_isa();
  const DecoderOptions options{.state = mode, .slots = 1, .threads = 2};
  const Written want = write(*make_reference_decoder(model, options), primer, happy(), 2 * window + 3);
  for (const kernels::Isa isa : kernels::available_isas()) {
    SCOPED_TRACE(name_of(isa));
    kernels::set_isa(isa);
    expect_alike(write(*make_cpu_decoder(model, options), primer, happy(), 2 * window + 3), want);
  }
  kernels::set_isa(before);
}

TEST_P(CpuDecoder, ThreadsDoNotChangeANote) {
  const int notes = 2 * window + 5;
  const std::vector<Note> one = notes_of(model, {.state = mode, .slots = 1, .threads = 1}, primer, notes);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(notes_of(model, {.state = mode, .slots = 1, .threads = threads}, primer, notes), one) << threads;
  }
}

TEST_P(CpuDecoder, ABatchIsItsPiecesAlone) {
  constexpr int kPieces = 7;
  const int notes = window + 5;
  std::vector<std::vector<Note>> together(kPieces), alone(kPieces);
  const auto expression_of = [](int piece) {
    Expression e = happy();
    if (piece % 2) e.emotion = {-1, 1};
    return e;
  };
  for (const int threads : {1, 2, 3}) {
    const auto batch = make_cpu_decoder(model, {.state = mode, .slots = kPieces + 1, .threads = threads});
    const auto primed = batch->prime(primer), empty = batch->prime({});
    std::vector<Stretch> stretches;
    for (int i = 0; i < kPieces; ++i) {
      together[i].assign(notes + i, {});  // of unequal length
      batch->load(i + 1, i % 3 ? *primed : *empty, {9, static_cast<std::uint64_t>(i)}, expression_of(i));
      stretches.push_back({i + 1, notes + i, together[i].data(), nullptr});
    }
    batch->advance(stretches);
    for (int i = 0; i < kPieces; ++i) {
      const auto single = make_cpu_decoder(model, {.state = mode, .slots = 1, .threads = 1});
      single->load(0, *single->prime(i % 3 ? std::span<const Note>(primer) : std::span<const Note>()),
                   {9, static_cast<std::uint64_t>(i)}, expression_of(i));
      alone[i].assign(notes + i, {});
      const Stretch stretch{0, notes + i, alone[i].data(), nullptr};
      single->advance({&stretch, 1});
      EXPECT_EQ(together[i], alone[i]) << "piece " << i << " with " << threads << " threads";
    }
  }
}

TEST_P(CpuDecoder, StretchesMayBeCutAnywhere) {
  const int notes = 2 * window + 6;
  const DecoderOptions options{.state = mode, .slots = 1, .threads = 2};
  const std::vector<Note> whole = notes_of(model, options, primer, notes);
  const auto decoder = make_cpu_decoder(model, options);
  for (const int size : {1, 2, 5}) {
    decoder->load(0, *decoder->prime(primer), kKey, happy());
    std::vector<Note> cut(notes);
    for (int first = 0; first < notes; first += size) {
      const Stretch stretch{0, std::min(size, notes - first), cut.data() + first, nullptr};
      decoder->advance({&stretch, 1});
    }
    EXPECT_EQ(cut, whole) << "stretches of " << size;
  }
}

TEST_P(CpuDecoder, AChangeOfExpressionActsFromTheNextNote) {
  const DecoderOptions options{.state = mode, .slots = 1, .threads = 1};
  Expression sad = happy();
  sad.emotion = {-1, 1};
  sad.sampling.temperature = 0.4;
  std::vector<std::vector<Note>> written;
  for (const auto& decoder : {make_cpu_decoder(model, options), make_reference_decoder(model, options)}) {
    std::vector<Note> notes(20);
    decoder->load(0, *decoder->prime(primer), kKey, happy());
    const Stretch first{0, 8, notes.data(), nullptr}, second{0, 12, notes.data() + 8, nullptr};
    decoder->advance({&first, 1});
    decoder->express(0, sad);
    decoder->advance({&second, 1});
    written.push_back(notes);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(written[0][i].pitch, written[1][i].pitch) << "note " << i;
    EXPECT_NEAR(written[0][i].step_s, written[1][i].step_s, 1e-5) << "note " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, CpuDecoder,
                         testing::Combine(testing::ValuesIn(support::network_cases()),
                                          testing::Values(StateMode::window, StateMode::carry)),
                         support::case_name);

TEST(CpuDecoderLarge, ThreadsThatShareOnePieceWriteTheSameNotes) {
  // large enough that two threads work on one piece together
  const Model model = support::model_of(support::tiny_spec({200, 150, 96}, 20, 128));
  const std::vector<Note> primer = support::random_notes(30, 128);
  for (const StateMode mode : {StateMode::window, StateMode::carry}) {
    const std::vector<Note> one = notes_of(model, {.state = mode, .slots = 1, .threads = 1}, primer, 50);
    for (const int threads : {2, 3, 4}) {
      EXPECT_EQ(notes_of(model, {.state = mode, .slots = 1, .threads = threads}, primer, 50), one) << threads;
    }
  }
}

TEST(CpuDecoderFaults, ABrokenModelIsNamedWithItsNoteOnEveryThread) {
  Model model = support::model_of(support::tiny_spec({200, 150}, 20, 128));
  model.tensors["pitch_head.bias"].values[5] = std::numeric_limits<float>::quiet_NaN();
  for (const int threads : {1, 2, 3}) {
    const auto decoder = make_cpu_decoder(model, {.slots = 4, .threads = threads});
    std::vector<Note> notes(4 * 3);
    std::vector<Stretch> stretches;
    for (int i = 0; i < 4; ++i) {
      decoder->load(i, *decoder->prime({}), kKey, happy());
      stretches.push_back({i, 3, notes.data() + 3 * i, nullptr});
    }
    for (const std::size_t pieces : {1u, 4u}) {
      try {
        decoder->advance(std::span(stretches).first(pieces));
        FAIL() << "nothing was thrown";
      } catch (const ModelError& e) {
        EXPECT_EQ(e.problem().where, "note 0");
      }
    }
  }
}

/// A model whose weights fp16 holds exactly; inputs and biases stay as they are in both formats.
Model halved_model() {
  Model model = support::model_of(seed_spec());
  for (auto& [name, tensor] : model.tensors) {
    if (name.find("weight_hh") == std::string::npos && name.find("head.weight") == std::string::npos) continue;
    for (float& value : tensor.values) value = kernels::to_float(kernels::to_half(value));
  }
  return model;
}

TEST(CpuDecoderWeights, InFp16AModelThatFitsWritesTheSameNotes) {
  const Model model = halved_model();
  const auto primer = support::random_notes(30, 128);
  for (const StateMode state : {StateMode::window, StateMode::carry}) {
    const auto whole = notes_of(model, {.state = state, .threads = 2}, primer, 40);
    EXPECT_EQ(notes_of(model, {.state = state, .threads = 2, .weights = WeightFormat::fp16}, primer, 40), whole);
  }
}

TEST(CpuDecoderFaults, AWeightBeyondFp16IsRefusedWithItsPlace) {
  Model model = support::model_of(seed_spec());
  model.tensors.at("step_head.weight").values[3] = 70000;
  EXPECT_NO_THROW(make_cpu_decoder(model, {}));
  try {
    make_cpu_decoder(model, {.weights = WeightFormat::fp16});
    FAIL() << "a weight of 70000 passed for fp16";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("65504"), std::string::npos) << error.what();
  }
}

TEST(CpuDecoderFaults, AnInfiniteStepIsRefusedAsSuch) {
  Model model = support::model_of(support::tiny_spec());
  model.tensors["step_head.bias"].values[0] = std::numeric_limits<float>::infinity();
  const auto decoder = make_cpu_decoder(model, {});
  try {
    write(*decoder, {}, happy(), 1);
    FAIL() << "nothing was thrown";
  } catch (const ModelError& e) {
    EXPECT_NE(e.problem().why.find("step"), std::string::npos) << e.what();
  }
}

TEST(CpuDecoderFaults, MisuseIsRefusedBeforeAnythingIsWritten) {
  const Model model = support::model_of(support::tiny_spec());
  EXPECT_THROW(make_cpu_decoder(model, {.slots = 0}), std::invalid_argument);
  const auto decoder = make_cpu_decoder(model, {.slots = 2, .threads = 1});
  const auto other = make_cpu_decoder(model, {.slots = 1, .threads = 1});
  Note notes[2];
  const auto advance = [&](std::vector<Stretch> stretches) { decoder->advance(stretches); };
  EXPECT_THROW(advance({{0, 1, notes, nullptr}}), std::invalid_argument) << "no piece";
  const auto start = decoder->prime({});
  decoder->load(0, *start, kKey, happy());
  EXPECT_THROW(advance({{0, 1, notes, nullptr}, {0, 1, notes + 1, nullptr}}), std::invalid_argument) << "twice";
  EXPECT_THROW(advance({{2, 1, notes, nullptr}}), std::invalid_argument) << "no such slot";
  EXPECT_THROW(advance({{-1, 1, notes, nullptr}}), std::invalid_argument) << "no such slot";
  EXPECT_THROW(advance({{0, 0, notes, nullptr}}), std::invalid_argument) << "no notes";
  EXPECT_THROW(advance({{0, 1, nullptr, nullptr}}), std::invalid_argument) << "no place";
  EXPECT_THROW(other->load(0, *start, kKey, happy()), std::invalid_argument) << "another decoder's start";
  Expression cold = happy();
  cold.sampling.temperature = 0;
  EXPECT_THROW(decoder->express(0, cold), std::invalid_argument);
  advance({{0, 1, notes, nullptr}});
}

}  // namespace
}  // namespace engine
