// The 16-bit forms of cell and staggered for networks of any size: against the reference within their precision's gate,
// and bit by bit against themselves in any tile and company, against one another, and against the kernels that keep a
// small network on chip.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/generate/tensor/rung.h"
#include "kernels/generate/tensor/steps/rung.h"
#include "kernels/generate/tensor/steps/step.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"
#include "tests/kernels/generate/resident_cases.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

struct StepsCase {
  NetworkCase network;
  Fusion fusion = Fusion::cell;
  Precision precision = Precision::fp16;
  TensorStepsShape shape;
};
void PrintTo(const StepsCase& c, std::ostream* out) {
  *out << c.network.name << " " << name_of(c.fusion) << " " << name_of(c.precision);
}

// Groups are of 8 units or 32 outputs, slices of 32 terms, blocks of 32 or 128 rows by 8, 32 or 64 units.
const NetworkCase kCarry{.name = "carry", .hidden = {20}, .carry = true},
    kDeep{.name = "carry, three layers, table",
          .hidden = {40, 20, 33},
          .window = 3,
          .candidates = 29,
          .carry = true,
          .table = true},
    kSlices{.name = "carry, more slices than a stage has", .hidden = {72, 64}, .window = 3, .carry = true},
    kDense{.name = "carry, dense layers, hidden layers in heads",
           .hidden = {20},
           .carry = true,
           .dense = {18, 70},
           .heads = {9}},
    kWindow{.name = "window, two layers", .hidden = {24, 36}, .window = 5, .joint = false},
    kTable{.name = "window, three layers, table", .hidden = {8, 40, 20}, .window = 3, .candidates = 40, .table = true},
    kOne{.name = "window of one note", .hidden = {6, 5}, .window = 1, .candidates = 9};

const StepsCase kCases[] = {
    {kCarry, Fusion::cell, Precision::fp16, {TileChoice::many}},
    {kDeep, Fusion::cell, Precision::bf16, {TileChoice::by_rows, 4}},
    {kSlices, Fusion::cell, Precision::fp16, {TileChoice::few}},
    {kDense, Fusion::cell, Precision::fp16, {TileChoice::few, 6}},
    {kWindow, Fusion::cell, Precision::fp16, {TileChoice::few}},
    {kTable, Fusion::cell, Precision::bf16, {TileChoice::few}},
    {kWindow, Fusion::staggered, Precision::bf16, {TileChoice::few, 4}},
    {kTable, Fusion::staggered, Precision::fp16, {TileChoice::few}},
    {kOne, Fusion::staggered, Precision::fp16, {TileChoice::few}},
};

double gate_of(Precision precision) { return precision == Precision::fp16 ? 2e-3 : 1e-2; }

class TensorSteps : public DeviceCases<StepsCase> {
 public:
  /// Nobody's tail is cut: where a cut falls hangs on the last bits (choose_test has the cuts).
  std::vector<HostPiece> several(const std::vector<int>& left = {3, 0, 2, 1, 4}) const {
    std::vector<HostPiece> all = random_pieces(left, param().network.candidates);
    for (HostPiece& piece : all) {
      piece.voice.top_k = 0;
      piece.voice.top_p = 1;
    }
    return all;
  }
  PiecesCase put(const std::vector<HostPiece>& pieces) const {
    const HostNetwork network = random_network(param().network);
    return {stream(), network, random_clusters(network.candidates), pieces};
  }
  std::unique_ptr<Steps> steps(const PiecesCase& on, const TensorStepsShape& shape, bool graphs = false) const {
    return make(on, param().fusion, shape, graphs);
  }
  std::unique_ptr<Steps> make(const PiecesCase& on, Fusion fusion, const TensorStepsShape& shape,
                              bool graphs = false) const {
    return make_tensor_steps(fusion, param().precision, on.network(), on.clusters(), on.slots(), stream(), graphs,
                             shape);
  }
  Outcome outcome_of(PiecesCase& on, int stretch = 1 << 20) const {
    return run(on, *steps(on, param().shape), stretch);
  }
  Outcome play(const std::vector<HostPiece>& pieces, int stretch = 1 << 20) const {
    PiecesCase on = put(pieces);
    return outcome_of(on, stretch);
  }
};

TEST_P(TensorSteps, NotesAreThoseOfTheReference) {
  PiecesCase on = put(several());
  on.expect_reference(outcome_of(on), gate_of(param().precision));
}

#if defined(AFFETTO_TSAN)
// The race detector sees a race under any schedule, and keeps an account of each copy under way, 3,500 at most: few
// blocks of few slices. Each kernel runs, and a product of more slices than stages.
const StepsCase kDetected[] = {
    {{.name = "carry, two layers, dense layer", .hidden = {20, 12}, .candidates = 9, .carry = true, .dense = {18}},
     Fusion::cell,
     Precision::fp16,
     {TileChoice::few}},
    {{.name = "carry, more slices than stages", .hidden = {20}, .candidates = 30, .carry = true, .dense = {140}},
     Fusion::cell,
     Precision::fp16,
     {TileChoice::wide}},
    {{.name = "window", .hidden = {12}, .window = 3, .candidates = 9},
     Fusion::staggered,
     Precision::bf16,
     {TileChoice::few, 2}},
};
INSTANTIATE_TEST_SUITE_P(All, TensorSteps,
                         testing::Combine(testing::ValuesIn(kDetected), testing::ValuesIn(two_backends())));
#else
INSTANTIATE_TEST_SUITE_P(All, TensorSteps, testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(backends(2))));
#endif

// From here on bits are compared, which is not the race detector's business.
#if !defined(AFFETTO_TSAN)

class TensorStepsCompany : public TensorSteps {
 public:
  bool carry() const { return param().network.carry; }
  void expect_same_states(const PiecesCase& a, const PiecesCase& b) const {
    for (int l = 0; carry() && l < a.network().layer_count; ++l) {
      EXPECT_TRUE(same_bits(a.h(l), b.h(l))) << "h of layer " << l;
      EXPECT_TRUE(same_bits(a.c(l), b.c(l))) << "c of layer " << l;
    }
  }
};

TEST_P(TensorStepsCompany, WritesTheSameBitsInAnyTileAndGroup) {
  PiecesCase first = put(several());
  const Outcome want = run(first, *steps(first, {TileChoice::few}));
  for (const TensorStepsShape& shape :
       {TensorStepsShape{TileChoice::many}, TensorStepsShape{TileChoice::wide}, TensorStepsShape{TileChoice::few, 2}}) {
    PiecesCase other = put(several());
    expect_same_bits(run(other, *steps(other, shape)), want);
    expect_same_states(other, first);
  }
}

TEST_P(TensorStepsCompany, GraphsMakeTheSamePieces) {
  const Outcome want = play(several());
  for (const int group : {0, 2}) {
    PiecesCase first = put(several()), second = put(several());
    const auto rung = steps(first, {TileChoice::few, group}, true);
    expect_same_bits(run(first, *rung), want);
    expect_same_bits(run(second, *rung), want);  // captured again: other views
  }
}

TEST_P(TensorStepsCompany, StretchesMakeTheSamePieces) { expect_same_bits(play(several(), 2), play(several())); }

TEST_P(TensorStepsCompany, APieceIsTheSameAloneAndAmongOthers) {
  const std::vector<HostPiece> all = several();
  const Outcome together = play(all);
  std::size_t at = 0;
  for (const HostPiece& piece : all) {
    const std::size_t notes = static_cast<std::size_t>(piece.left), v = together.logits.size() / together.notes.size();
    if (notes > 0) {
      const Outcome alone = play({piece});
      EXPECT_EQ(std::memcmp(alone.notes.data(), &together.notes[at], notes * sizeof(Played)), 0);
      EXPECT_EQ(std::memcmp(alone.logits.data(), &together.logits[at * v], notes * v * sizeof(float)), 0);
    }
    at += notes;
  }
}

// It rests after two notes, and another before its first: neither loses its state.
TEST_P(TensorStepsCompany, PiecesThatRestWhileOthersGoOnAreTheSame) {
  const auto some = several({5, 5, 5});
  PiecesCase rested = put(some);
  const auto rung = steps(rested, param().shape);
  const auto leave = [&](int second, int third) {
    std::vector<Progress> progress = rested.progress();
    progress[1].left = second;
    progress[2].left = third;
    rested.put_progress(progress);
  };
  leave(2, 0);
  rung->advance(rested.pieces(), rested.output(), 5);
  leave(3, 5);
  rung->advance(rested.pieces(), rested.output(), 5);
  PiecesCase whole = put(some);
  EXPECT_TRUE(rested.outcome().same_as(outcome_of(whole)));
  expect_same_states(rested, whole);
}

TEST_P(TensorStepsCompany, PiecesWithNothingLeftKeepTheirBits) {
  PiecesCase on = put(several());
  std::vector<std::vector<float>> h, c;
  for (int l = 0; l < on.network().layer_count; ++l) {
    h.push_back(on.h(l));
    c.push_back(on.c(l));
  }
  outcome_of(on);
  for (int l = 0; l < on.network().layer_count; ++l) {
    const auto hidden = static_cast<std::size_t>(on.network().layers[l].hidden), number = static_cast<std::size_t>(l);
    const auto same = [&](const std::vector<float>& before, const std::vector<float>& after, std::size_t piece) {
      return std::memcmp(&before[piece * hidden], &after[piece * hidden], hidden * sizeof(float)) == 0;
    };
    EXPECT_TRUE(same(h[number], on.h(l), 1));
    EXPECT_TRUE(same(c[number], on.c(l), 1));
    EXPECT_EQ(same(h[number], on.h(l), 4), !carry());
    EXPECT_EQ(same(c[number], on.c(l), 4), !carry());
  }
}

TEST_P(TensorStepsCompany, AFaultStopsItsPieceAndNoOther) {
  std::vector<HostPiece> all = several({3, 4, 2});
  const Outcome want = play(all);
  all[1].primer.back().step = NAN;
  const Outcome got = play(all);
  EXPECT_EQ(got.progress[1].fault, 2);
  EXPECT_EQ(got.progress[1].written, 0u);
  EXPECT_EQ(got.notes[3].pitch, -1) << "a note was written after all";
  for (const std::size_t i : {0, 1, 2, 7, 8}) {
    EXPECT_EQ(std::memcmp(&got.notes[i], &want.notes[i], sizeof(Played)), 0) << "note " << i;
  }
}

TEST_P(TensorStepsCompany, ReadingFillsTheReadoutOfPiecesWithNotesLeft) {
  PiecesCase on = put(several());
  PiecesCase untouched = put(several());
  const Outcome want = play(several());
  steps(on, param().shape)->read(on.pieces());
  expect_same_states(on, untouched);
  const std::vector<float> got = on.readout();
  const auto size = static_cast<std::size_t>(on.network().readout_size);
  const auto v = static_cast<std::size_t>(on.network().candidates);
  std::size_t at = 0;
  for (std::size_t i = 0; i < want.progress.size(); ++i) {
    const float* const logits = &got[i * size + static_cast<std::size_t>(on.network().logits_at)];
    if (want.progress[i].written == 0) {
      EXPECT_TRUE(std::isnan(logits[0])) << "piece " << i << " is passed over";
    } else {
      EXPECT_EQ(std::memcmp(logits, &want.logits[at * v], v * sizeof(float)), 0) << "piece " << i;
    }
    at += want.progress[i].written;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TensorStepsCompany,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(two_backends())));

class TensorStepsForms : public TensorSteps {};

TEST_P(TensorStepsForms, StaggeredStatesAreReplays) {
  PiecesCase ours = put(several({3, 0, 7, 1, 4})), theirs = put(several({3, 0, 7, 1, 4}));
  expect_same_bits(run(ours, *make(ours, Fusion::staggered, {TileChoice::few, 3})),
                   run(theirs, *make(theirs, Fusion::cell, {TileChoice::few})));
}

// States made for one piece must not speak for another that takes its slot: whether its primer differs in one note, in
// its length, or is longer than the window.
TEST_P(TensorStepsForms, AnotherPieceInASlotBringsItsOwnStates) {
  std::vector<HostPiece> before = several({2, 2, 2}), after = several({3, 3, 3});
  const auto notes = [&](std::size_t count, std::uint64_t seed) {
    return random_notes(static_cast<int>(count), param().network.candidates, seed);
  };
  after[0].primer = notes(before[0].primer.size() + 2, 9);
  after[1].primer = notes(before[1].primer.size() + 2, 10);
  after[2].primer = notes(30, 11);
  PiecesCase first = put(before), second = put(after), alone = put(after);
  const auto rung = steps(first, param().shape);
  run(first, *rung);
  expect_same_bits(run(second, *rung), outcome_of(alone));
}

// Rings that are nearly those that the states have read: the same, with more notes behind them, or with one that is a
// little longer. Only the first may keep its states.
TEST_P(TensorStepsForms, StatesAreKeptForTheNotesThatTheyHaveReadAndForNoOthers) {
  const auto window = static_cast<std::size_t>(param().network.window);
  std::vector<HostPiece> before = several({2, 2, 2, 2});
  for (HostPiece& piece : before) piece.primer = random_notes(9, param().network.candidates, 5);
  PiecesCase first = put(before);
  const auto rung = steps(first, {TileChoice::few});
  const Outcome played = run(first, *rung);
  std::vector<HostPiece> after = several({3, 3, 3, 3});
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::size_t more = i == 1 ? 1 : i == 2 ? window : 0;
    after[i].primer.resize(static_cast<std::size_t>(played.progress[i].consumed) + more);
    for (std::size_t n = 0; n < after[i].primer.size(); ++n) {
      after[i].primer[n] = played.window[i * window + n % window];
    }
  }
  after[3].primer.back().duration += 0.25f;
  PiecesCase second = put(after), alone = put(after);
  expect_same_bits(run(second, *rung), outcome_of(alone));
}

// A pitch that a table has no row for takes the nearest; the score, which reads pitches too, is out.
TEST_P(TensorStepsForms, PitchesBeyondATableAreThoseAtItsEnds) {
  const int last = param().network.candidates - 1;
  std::vector<HostPiece> within = several({2, 2}), beyond = within;
  for (HostPiece& piece : within) piece.voice.label = 0;
  within[0].primer = within[1].primer = random_notes(2, last + 1, 3);
  within[0].primer.back().pitch = 0;
  within[1].primer.back().pitch = last;
  for (std::size_t i = 0; i < 2; ++i) beyond[i] = within[i];
  beyond[0].primer.back().pitch = -7;
  beyond[1].primer.back().pitch = last + 1000;
  const Outcome got = play(beyond), want = play(within);
  EXPECT_EQ(same_bits(got.logits, want.logits), param().network.table) << "a scaled pitch has no ends";
}

// The rung without a name takes the same bits from one form or the other.
TEST_P(TensorStepsForms, WhatSuitsTheRowsWritesTheSameBits) {
  PiecesCase on = put(several());
  const Ways ways = ways_here(Fusion::cell, on.network(), param().precision);
  const auto suited =
      make_tensor_steps_rung(ways, param().precision, on.network(), on.clusters(), 2000, stream(), true);
  expect_same_bits(run(on, *suited), play(several()));
}

const StepsCase kForms[] = {{kWindow, Fusion::staggered, Precision::fp16, {TileChoice::few}},
                            {kTable, Fusion::staggered, Precision::bf16, {TileChoice::few, 2}},
                            {kOne, Fusion::staggered, Precision::bf16, {TileChoice::few}}};
INSTANTIATE_TEST_SUITE_P(All, TensorStepsForms,
                         testing::Combine(testing::ValuesIn(kForms), testing::ValuesIn(two_backends())));

class TensorStepsSmall : public TensorSteps {};

// What keeps a small network on chip takes terms in the same order.
TEST_P(TensorStepsSmall, WritesTheBitsOfTheKernelsThatKeepANetworkOnChip) {
  PiecesCase ours = put(several()), theirs = put(several());
  const auto solo =
      make_tensor_rung(Fusion::loop, param().precision, theirs.network(), theirs.clusters(), theirs.slots(), stream());
  expect_same_bits(outcome_of(ours), run(theirs, *solo));
  if (!param().network.carry) return;
  EXPECT_TRUE(same_bits(ours.h(0), theirs.h(0)));
  EXPECT_TRUE(same_bits(ours.c(0), theirs.c(0)));
}

const StepsCase kSmall[] = {
    {kCarry, Fusion::cell, Precision::fp16, {TileChoice::few}},
    {{.name = "one layer, table, window", .hidden = {37}, .table = true}, Fusion::cell, Precision::bf16, {}},
    {{.name = "one layer, window", .hidden = {32}, .window = 3}, Fusion::staggered, Precision::fp16, {}}};
INSTANTIATE_TEST_SUITE_P(All, TensorStepsSmall,
                         testing::Combine(testing::ValuesIn(kSmall), testing::ValuesIn(two_backends())));

class TensorStepsCarry : public TensorSteps {};

// A note at a time, as a predictor does it, by a new rung for each: the state comes from the pieces and goes to them.
TEST_P(TensorStepsCarry, FeedingLeavesTheStateOfTheNotesFed) {
  const std::vector<HostPiece> some = several({1, 1, 1, 1, 1});
  std::vector<HostPiece> unprimed = some;
  for (HostPiece& piece : unprimed) piece.primer.clear();
  PiecesCase primed = put(some), fed = put(unprimed);
  for (std::size_t n = 0; n < 8; ++n) {
    std::vector<Progress> progress = fed.progress();
    for (std::size_t i = 0; i < some.size(); ++i) {
      progress[i].fresh = n < some[i].primer.size();
      if (progress[i].fresh == 0) continue;
      progress[i].consumed = static_cast<std::int64_t>(n) + 1;
      fed.put_note(i, n, some[i].primer[n]);
    }
    fed.put_progress(progress);
    steps(fed, param().shape)->feed(fed.pieces());
  }
  for (int l = 0; l < fed.network().layer_count; ++l) {
    const std::vector<float> got = fed.h(l), want = primed.h(l);
    const auto hidden = static_cast<std::size_t>(fed.network().layers[l].hidden);
    for (std::size_t i = 0; i < some.size(); ++i) {
      double squares = 0, errors = 0;
      for (std::size_t j = i * hidden; j < (i + 1) * hidden && !some[i].primer.empty(); ++j) {
        squares += want[j] * want[j];
        errors += (got[j] - want[j]) * (got[j] - want[j]);
      }
      EXPECT_LE(std::sqrt(errors), gate_of(param().precision) * std::sqrt(squares)) << "layer " << l << ", piece " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TensorStepsCarry,
                         testing::Combine(testing::ValuesIn(std::vector<StepsCase>{kCases, kCases + 4}),
                                          testing::ValuesIn(two_backends())));

class TensorStepsShapes : public DeviceTest {};

// More pieces than a tile has rows, and than two of them.
TEST_P(TensorStepsShapes, MorePiecesThanATile) {
  const HostNetwork network = random_network({.hidden = {36, 20}, .candidates = 9, .carry = true});
  std::vector<HostPiece> all;
  for (int i = 0; i < 131; ++i) {
    all.push_back({voice(i), random_notes(i % 4, 9, 40 + static_cast<std::uint64_t>(i)), i % 3 == 1 ? 0 : 2});
  }
  std::vector<Outcome> outcomes;
  for (const TileChoice tile : {TileChoice::few, TileChoice::many, TileChoice::wide}) {
    PiecesCase on(stream(), network, random_clusters(9), all);
    outcomes.push_back(run(on, *make_tensor_steps(Fusion::cell, Precision::fp16, on.network(), on.clusters(),
                                                  on.slots(), stream(), false, {tile})));
    if (tile == TileChoice::few) on.expect_reference(outcomes[0], 2e-3);
    expect_same_bits(outcomes.back(), outcomes[0]);
  }
}

// So many that a window's replay suits them; few of those have anything to do.
TEST_P(TensorStepsShapes, WhatSuitsManyRowsWritesTheSameBits) {
  const HostNetwork network = random_network({.hidden = {5, 4}, .window = 1, .candidates = 2});
  std::vector<HostPiece> all(1025);
  for (std::size_t i = 0; i < all.size(); i += 512) all[i] = {voice(0), random_notes(1, 2, i), 2};
  PiecesCase suited(stream(), network, random_clusters(2), all), staggered(stream(), network, random_clusters(2), all);
  const auto rung = make_tensor_steps_rung(ways_here(Fusion::cell, suited.network(), Precision::fp16), Precision::fp16,
                                           suited.network(), suited.clusters(), suited.slots(), stream(), false);
  const auto other = make_tensor_steps(Fusion::staggered, Precision::fp16, staggered.network(), staggered.clusters(),
                                       staggered.slots(), stream(), false, {TileChoice::few});
  expect_same_bits(run(suited, *rung), run(staggered, *other));
}

TEST_P(TensorStepsShapes, OperandsOutOfRangeAreRefused) {
  const HostNetwork network = random_network(kCarry);
  PiecesCase on(stream(), network, random_clusters(12), random_pieces({1, 1}, 12));
  const auto make = [&](Fusion fusion, Precision precision, int slots) {
    return make_tensor_steps(fusion, precision, on.network(), on.clusters(), slots, stream(), false);
  };
  EXPECT_THROW(make(Fusion::cell, Precision::fp16, 0), std::invalid_argument);
  const Ways ways = ways_here(Fusion::cell, on.network(), Precision::fp16);
  const auto suited = [&](Precision precision, int slots) {
    return make_tensor_steps_rung(ways, precision, on.network(), on.clusters(), slots, stream(), false);
  };
  EXPECT_THROW(suited(Precision::fp32, 2), std::invalid_argument);
  EXPECT_THROW(suited(Precision::fp16, 0), std::invalid_argument);
  EXPECT_THROW(suited(Precision::fp16, 1)->advance(on.pieces(), on.output(), 1), std::invalid_argument);  // two rows
  EXPECT_THROW(make(Fusion::cell, Precision::fp32, 2), std::invalid_argument);
  EXPECT_THROW(make(Fusion::staggered, Precision::fp16, 2), std::invalid_argument);  // a carried state
  EXPECT_THROW(make(Fusion::cell, Precision::fp16, 1)->advance(on.pieces(), on.output(), 1), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, TensorStepsShapes, testing::ValuesIn(two_backends()));

TEST(TensorStepsTile, SuitsTheRows) {
  EXPECT_EQ(choose_tile(TileChoice::by_rows, 1, 64), TileChoice::few);
  EXPECT_EQ(choose_tile(TileChoice::by_rows, 1 << 20, 64), TileChoice::wide);
  EXPECT_EQ(choose_tile(TileChoice::many, 1, 64), TileChoice::many);
}

TEST(TensorStepsUnits, EveryUnitHasOneColumn) {
  std::vector<int> columns(8 * kGroupUnits);
  for (int group = 0; group < 8; ++group) {
    for (int column = 0; column < kGroupUnits; ++column) ++columns[static_cast<std::size_t>(unit_of(group, column))];
  }
  for (const int count : columns) EXPECT_EQ(count, 1);
}

#endif

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
