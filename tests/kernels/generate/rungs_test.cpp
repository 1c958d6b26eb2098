// The rungs of several launches a note: against the reference along their own notes, against one another, and against
// themselves in other company.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <stdexcept>

#include "kernels/generate/rung.h"
#include "tests/kernels/device/backend.h"
#include "tests/kernels/generate/pieces_case.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

const NetworkCase kNetworks[] = {
    {.name = "one layer, window"},
    {.name = "one layer, carry", .carry = true},
    {.name = "odd sizes, two layers, window", .hidden = {19, 33}, .window = 3, .candidates = 29},
    {.name = "odd sizes, two layers, carry", .hidden = {33, 19}, .window = 3, .candidates = 29, .carry = true},
    {.name = "four layers, table, separate heads", .hidden = {8, 12, 5, 7}, .window = 3, .table = true, .joint = false},
    {.name = "dense layers, hidden layers in heads", .hidden = {20}, .carry = true, .dense = {18, 70}, .heads = {9}},
    {.name = "window of one note, one candidate", .hidden = {6}, .window = 1, .candidates = 1},
};
constexpr Fusion kRungs[] = {Fusion::unfused, Fusion::pointwise, Fusion::cell};

struct Case {
  NetworkCase network;
  Fusion rung;
};
void PrintTo(const Case& c, std::ostream* out) { *out << name_of(c.rung) << ": " << c.network.name; }

#if defined(AFFETTO_TSAN)
constexpr bool kDetector = true;  // it sees a race under any schedule, and takes seconds for each test
#else
constexpr bool kDetector = false;
#endif

/// Each rung with each network that `wanted` likes.
template <class Wanted>
std::vector<Case> cases(const Wanted& wanted) {
  std::vector<Case> all;
  for (const Fusion rung : kRungs) {
    for (const NetworkCase& network : kNetworks) {
      if (wanted(network)) all.push_back({network, rung});
    }
  }
  return all;
}

/// Sameness does not hang on the schedule, which the test against the reference varies.
std::vector<Backend> two_backends() {
  const std::vector<Backend> all = backends(1);
  return {all.front(), all.back()};
}

/// A rung's notes and traces for some pieces.
class Rungs : public DeviceCases<Case> {
 public:
  Outcome play(const std::vector<HostPiece>& pieces, bool graphs = false, int stretch = 1 << 20) const {
    return play(param().rung, pieces, graphs, stretch);
  }
  Outcome play(Fusion rung, const std::vector<HostPiece>& pieces, bool graphs = false, int stretch = 1 << 20) const {
    PiecesCase on_device = put(pieces);
    const auto made = make(rung, on_device, graphs);
    return run(on_device, *made, stretch);
  }
  PiecesCase put(const std::vector<HostPiece>& pieces) const { return {stream(), network_, clusters_, pieces}; }
  std::unique_ptr<Steps> make(Fusion rung, const PiecesCase& pieces, bool graphs = false) const {
    return make_steps(rung, pieces.network(), clusters_, pieces.slots(), stream(), graphs);
  }
  std::vector<HostPiece> pieces(const std::vector<int>& left) const {
    return random_pieces(left, param().network.candidates);
  }

 protected:
  HostNetwork network_ = random_network(param().network);
  ClustersView clusters_ = random_clusters(param().network.candidates);
};

TEST_P(Rungs, NotesAreThoseOfTheReference) {
  PiecesCase on_device = put(pieces({4, 0, 6, 1, 5}));
  const auto rung = make(param().rung, on_device);
  on_device.expect_reference(run(on_device, *rung));
}

INSTANTIATE_TEST_SUITE_P(All, Rungs,
                         testing::Combine(testing::ValuesIn(cases([](const NetworkCase& c) {
                                            return !kDetector || (c.carry && c.hidden.size() == 2);
                                          })),
                                          testing::ValuesIn(kDetector ? two_backends() : backends())));

// From here on bits are compared, which is not the race detector's business.
#if !defined(AFFETTO_TSAN)

class RungCompany : public Rungs {};
class CarryRungs : public Rungs {};

TEST_P(RungCompany, StretchesMakeTheSamePieces) {
  const auto some = pieces({4, 0, 6, 1, 5});
  EXPECT_TRUE(play(some, false, 2).same_as(play(some)));
}

TEST_P(RungCompany, APieceThatRestsWhileOthersGoOnIsTheSame) {
  const auto some = pieces({5, 5, 5});
  PiecesCase rested = put(some);
  const auto rung = make(param().rung, rested);
  const auto leave = [&](std::size_t piece, int left) {
    std::vector<Progress> progress = rested.progress();
    progress[piece].left = left;
    rested.put_progress(progress);
  };
  leave(1, 2);
  rung->advance(rested.pieces(), rested.output(), 5);
  leave(1, 3);
  rung->advance(rested.pieces(), rested.output(), 3);
  EXPECT_TRUE(rested.outcome().same_as(play(some)));
}

// Its state is what its seat brought, and no earlier note of it has left a copy anywhere.
TEST_P(RungCompany, APieceThatWaitsForItsFirstNoteWhileOthersGoOnIsTheSame) {
  const auto some = pieces({5, 5, 5});
  PiecesCase waited = put(some);
  const auto rung = make(param().rung, waited);
  const auto leave = [&](std::size_t piece, int left) {
    std::vector<Progress> progress = waited.progress();
    progress[piece].left = left;
    waited.put_progress(progress);
  };
  leave(1, 0);
  rung->advance(waited.pieces(), waited.output(), 5);
  leave(1, 5);
  rung->advance(waited.pieces(), waited.output(), 5);
  EXPECT_TRUE(waited.outcome().same_as(play(some)));
}

// Their notes are fresh, so that a thread too many would take them a step further.
TEST_P(RungCompany, SlotsBeyondTheViewAreLeftAlone) {
  const auto some = pieces({5, 5, 5});
  PiecesCase on_device = put(some);
  const auto rung = make(param().rung, on_device);
  rung->advance(on_device.pieces(), on_device.output(), 2);
  PiecesView fewer = on_device.pieces();
  fewer.rows = 2;
  rung->advance(fewer, on_device.output(), 3);
  rung->advance(on_device.pieces(), on_device.output(), 3);
  EXPECT_TRUE(on_device.outcome().same_as(play(some)));
}

TEST_P(RungCompany, GraphsMakeTheSamePieces) {
  const auto some = pieces({3, 5, 0});
  EXPECT_TRUE(play(some, true).same_as(play(some)));
}

TEST_P(RungCompany, AGraphIsCapturedAgainForOtherViews) {
  const auto some = pieces({2, 3, 4});
  PiecesCase first = put(some), second = put(some);
  const auto rung = make(param().rung, first, true);
  const Outcome all = run(first, *rung);
  PiecesView fewer = second.pieces();
  fewer.rows = 2;
  rung->advance(fewer, second.output(), 4);
  const Outcome two = second.outcome();
  EXPECT_EQ(two.progress[2].left, 4) << "the third slot is beyond the view";
  EXPECT_EQ(std::memcmp(two.notes.data(), all.notes.data(), 5 * sizeof(Played)), 0);
  rung->advance(second.pieces(), second.output(), 4);
  EXPECT_TRUE(second.outcome().same_as(all));
}

// Nine rows are more than a block's eight.
TEST_P(RungCompany, APieceIsTheSameInAnyCompany) {
  const std::vector<int> left = {2, 3, 1, 3, 2, 3, 1, 3, 2};
  const auto together = pieces(left);
  const Outcome all = play(together);
  std::size_t at = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const Outcome alone = play({together[i]});
    const std::size_t v = static_cast<std::size_t>(param().network.candidates), n = alone.notes.size();
    EXPECT_EQ(std::memcmp(alone.notes.data(), &all.notes[at], n * sizeof(Played)), 0) << "piece " << i;
    EXPECT_EQ(std::memcmp(alone.logits.data(), &all.logits[at * v], n * v * sizeof(float)), 0) << "piece " << i;
    at += n;
  }
}

TEST_P(RungCompany, OtherRungsChooseTheSamePitches) {
  const auto some = pieces({4, 0, 5, 3});
  const std::vector<int> want = play(some).pitches();
  for (const Fusion other : kRungs) EXPECT_EQ(play(other, some).pitches(), want) << name_of(other);
}

TEST_P(RungCompany, AFaultStopsItsPieceAlone) {
  auto some = pieces({3, 3, 3, 3});
  const Outcome whole = play(some);
  some[1].voice.beta = std::numeric_limits<float>::infinity();
  some[2].primer.back().step = std::numeric_limits<float>::quiet_NaN();
  const Outcome got = play(some);
  const int faults[] = {0, 1, 2, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(got.progress[i].fault, faults[i]) << "piece " << i;
    EXPECT_EQ(got.progress[i].left, 0);
    EXPECT_EQ(got.progress[i].written, faults[i] == 0 ? 3u : 0u);
    EXPECT_EQ(got.progress[i].consumed, static_cast<std::int64_t>(some[i].primer.size()) + (faults[i] == 0 ? 3 : 0));
    if (faults[i] == 0) {
      EXPECT_EQ(std::memcmp(&got.notes[3 * i], &whole.notes[3 * i], 3 * sizeof(Played)), 0) << "piece " << i;
    } else {
      EXPECT_EQ(got.progress[i].fresh, 0);
      for (std::size_t n = 3 * i; n < 3 * i + 3; ++n) EXPECT_EQ(got.notes[n].pitch, -1) << "nothing is written";
    }
  }
}

TEST_P(RungCompany, AWeightThatIsNoNumberStopsAll) {
  network_.readout.back().bias.back() = std::numeric_limits<float>::quiet_NaN();
  const Outcome got = play(pieces({2, 2}));
  for (const Progress& progress : got.progress) EXPECT_EQ(progress.fault, 2);
}

TEST_P(CarryRungs, FeedingLeavesTheStateOfTheNotesFed) {
  const auto some = pieces({1, 1, 1, 1, 1});
  PiecesCase on_device = put(some);
  std::vector<HostPiece> unprimed = some;
  for (HostPiece& piece : unprimed) piece.primer.clear();
  PiecesCase fed = put(unprimed);
  const auto rung = make(param().rung, fed);
  for (std::size_t n = 0; n < 8; ++n) {
    std::vector<Progress> progress = fed.progress();
    for (std::size_t i = 0; i < some.size(); ++i) {
      progress[i].fresh = n < some[i].primer.size();
      if (progress[i].fresh == 0) continue;
      progress[i].consumed = static_cast<std::int64_t>(n) + 1;
      fed.put_note(i, n, some[i].primer[n]);
    }
    fed.put_progress(progress);
    rung->feed(fed.pieces());
  }
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    const std::vector<float> got = fed.h(static_cast<int>(l)), want = on_device.h(static_cast<int>(l));
    const auto hidden = static_cast<std::size_t>(network_.layers[l].hidden);
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (some[i / hidden].primer.empty()) continue;
      // h is below 1; an fp32 step errs by some 2^-23 a term of each gate, damped by slopes below 1
      EXPECT_NEAR(got[i], want[i], 1e-5) << "layer " << l << ", piece " << i / hidden;
    }
  }
  // and from there on it goes as from the reference's state
  PiecesCase again = put(some);
  const Outcome after = run(fed, *rung);
  EXPECT_EQ(after.pitches(), run(again, *rung).pitches());
}

TEST_P(RungCompany, ReadingFillsTheReadoutOfPiecesWithNotesLeft) {
  const auto some = pieces({1, 0, 1, 0, 2});
  PiecesCase on_device = put(some);
  make(param().rung, on_device)->read(on_device.pieces());
  const std::vector<float> got = on_device.readout();
  const auto size = static_cast<std::size_t>(network_.readout_size);
  for (std::size_t i = 0; i < some.size(); ++i) {
    const ReferenceNote want = ReferencePiece(network_, clusters_, some[i]).next();
    for (std::size_t v = 0; v < want.logits.size(); ++v) {
      const float logit = got[i * size + static_cast<std::size_t>(network_.logits_at) + v];
      if (some[i].left == 0) {
        EXPECT_TRUE(std::isnan(logit)) << "piece " << i << " is passed over";
      } else {
        EXPECT_NEAR(logit, want.logits[v], 1e-5 * 10) << "piece " << i;  // logits are below 10 here; 1e-5 is the gate
      }
    }
  }
}

TEST_P(RungCompany, RefusesRowsBeyondItsSlots) {
  PiecesCase on_device = put(pieces({1, 1}));
  const auto rung = make_steps(param().rung, on_device.network(), clusters_, 1, stream(), false);
  EXPECT_THROW(rung->advance(on_device.pieces(), on_device.output(), 1), std::invalid_argument);
  EXPECT_THROW(make_steps(param().rung, on_device.network(), clusters_, 0, stream(), false), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, RungCompany,
                         testing::Combine(testing::ValuesIn(cases([](const NetworkCase& c) {
                                            return c.hidden.size() < 4;
                                          })),
                                          testing::ValuesIn(two_backends())));
INSTANTIATE_TEST_SUITE_P(All, CarryRungs,
                         testing::Combine(testing::ValuesIn(cases([](const NetworkCase& c) { return c.carry; })),
                                          testing::ValuesIn(two_backends())));

#endif

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
