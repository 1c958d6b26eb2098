#include "engine/generate/session.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/generate/make.h"
#include "tests/support/tiny_models.h"

namespace engine {
namespace {

struct Gathered : NoteSink {
  void notes(const PieceRequest& piece, int first, std::span<const Note> notes,
             std::span<const NoteTrace> traces) override {
    auto& all = pieces[piece.key.index];
    EXPECT_EQ(static_cast<int>(all.size()), first);
    EXPECT_TRUE(traces.empty() || traces.size() == notes.size());
    all.insert(all.end(), notes.begin(), notes.end());
    ++blocks;
    if (on_block) on_block();
  }
  void finished(const PieceRequest& piece) override {
    done.push_back(piece.key.index);
    if (on_finished) on_finished(piece);
  }
  std::map<std::uint64_t, std::vector<Note>> pieces;
  std::vector<std::uint64_t> done;
  int blocks = 0;
  std::function<void()> on_block;
  std::function<void(const PieceRequest&)> on_finished;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() : model(support::tiny_model(support::tiny_spec())) {
    model.clusters = support::tiny_clusters();
    happy.emotion = {1, 1};
    happy.sampling.alpha = 4;
    sad = happy;
    sad.emotion = {-1, -1};
  }
  std::unique_ptr<Decoder> decoder(int slots) { return make_reference_decoder(model, {.slots = slots}); }
  PieceRequest request(Decoder& d, std::uint64_t index, int notes) {
    return {.key = {9, index},
            .notes = notes,
            .expression = happy,
            .changes = {},
            .primer = d.prime(support::random_notes(6, 12))};
  }
  Model model;
  Expression happy, sad;
};

TEST_F(SessionTest, APieceIsTheSameAloneAndAmongOthersInAnyBlocks) {
  auto one = decoder(1);
  Session alone(*one, 64);
  Gathered single;
  alone.add(request(*one, 5, 23));
  EXPECT_TRUE(alone.run(single));
  auto three = decoder(3);
  Session many(*three, 4);
  Gathered batch;
  for (std::uint64_t i = 0; i < 8; ++i) many.add(request(*three, i, 10 + static_cast<int>(i) * 3 - (i == 5 ? 2 : 0)));
  EXPECT_TRUE(many.run(batch));
  EXPECT_EQ(batch.done.size(), 8u);
  EXPECT_EQ(batch.pieces[5], single.pieces[5]);
  EXPECT_NE(batch.pieces[4], batch.pieces[5]);
}

TEST_F(SessionTest, RequestsAddedWhileItRunsAreServed) {
  auto d = decoder(2);
  Session session(*d, 4);
  Gathered sink;
  std::uint64_t next = 2;
  sink.on_finished = [&](const PieceRequest&) {
    if (next < 6) session.add(request(*d, next++, 9));
  };
  session.add(request(*d, 0, 9));
  session.add(request(*d, 1, 5));
  EXPECT_TRUE(session.run(sink));
  EXPECT_EQ(sink.done.size(), 6u);
}

/// A decoder that does its work in finish(), as a device does while the host goes on.
class Deferred final : public Decoder {
 public:
  explicit Deferred(std::unique_ptr<Decoder> inner) : inner_(std::move(inner)) {}
  int slots() const override { return inner_->slots(); }
  std::shared_ptr<const Primed> prime(std::span<const Note> primer) override { return inner_->prime(primer); }
  void load(int slot, const Primed& start, const PieceKey& key, const Expression& e) override {
    EXPECT_FALSE(under_way) << "a slot was loaded while the device writes";
    inner_->load(slot, start, key, e);
  }
  void express(int slot, const Expression& e) override { inner_->express(slot, e); }
  void advance(std::span<const Stretch> stretches) override { inner_->advance(stretches); }
  bool asynchronous() const override { return true; }
  void start(std::span<const Stretch> stretches) override {
    EXPECT_FALSE(under_way);
    under_way = true;
    waiting_.assign(stretches.begin(), stretches.end());
  }
  void finish() override {
    if (under_way) inner_->advance(waiting_);
    under_way = false;
  }
  bool under_way = false;

 private:
  std::unique_ptr<Decoder> inner_;
  std::vector<Stretch> waiting_;
};

TEST_F(SessionTest, AnAsynchronousDecodersNotesAreTheSameAndAreDeliveredWhileItWorks) {
  auto plain = decoder(3);
  Deferred deferred(decoder(3));
  Session first(*plain, 4), second(deferred, 4);
  Gathered want, got;
  int meanwhile = 0;
  got.on_block = [&] { meanwhile += deferred.under_way; };
  std::uint64_t next = 5;
  got.on_finished = [&](const PieceRequest& piece) {
    if (piece.key.index == 4) second.add(request(deferred, next++, 6));  // the last one asks for one more
  };
  for (std::uint64_t i = 0; i < 6; ++i) first.add(request(*plain, i, i == 5 ? 6 : 5 + static_cast<int>(i) * 4));
  for (std::uint64_t i = 0; i < 5; ++i) second.add(request(deferred, i, 5 + static_cast<int>(i) * 4));
  EXPECT_TRUE(first.run(want));
  EXPECT_TRUE(second.run(got));
  EXPECT_EQ(got.pieces, want.pieces);
  EXPECT_EQ(got.done.size(), 6u);
  EXPECT_GT(meanwhile, got.blocks / 2);  // all but the last before a pause
}

TEST_F(SessionTest, ASinkThatThrowsLeavesNoWorkUnderWay) {
  Deferred deferred(decoder(1));
  Session session(deferred, 4);
  Gathered sink;
  sink.on_block = [] { throw std::runtime_error("the disk is full"); };
  session.add(request(deferred, 0, 20));
  EXPECT_THROW(session.run(sink), std::runtime_error);
  EXPECT_FALSE(deferred.under_way);
}

TEST_F(SessionTest, AStopEndsItWithinABlockAndFinishesNothingByHalves) {
  auto d = decoder(1);
  Session session(*d, 4);
  Gathered sink;
  std::stop_source stop;
  sink.on_block = [&] { stop.request_stop(); };
  session.add(request(*d, 0, 100));
  EXPECT_FALSE(session.run(sink, stop.get_token()));
  EXPECT_EQ(sink.pieces[0].size(), 4u);
  EXPECT_TRUE(sink.done.empty());
  session.add(request(*d, 1, 3));  // and it can be used again
  sink.on_block = nullptr;
  EXPECT_TRUE(session.run(sink));
}

TEST_F(SessionTest, AChangeTakesEffectAtItsNoteAndNotBefore) {
  auto d = decoder(1);
  Session session(*d, 16);
  Gathered plain, changed;
  session.add(request(*d, 0, 40));
  session.run(plain);
  PieceRequest with = request(*d, 0, 40);
  with.changes = {{13, sad}};
  session.add(with);
  session.run(changed);
  const auto &a = plain.pieces[0], &b = changed.pieces[0];
  ASSERT_EQ(a.size(), b.size());
  for (int i = 0; i < 13; ++i) EXPECT_EQ(a[i], b[i]) << i;
  EXPECT_NE(a[13].step_s, b[13].step_s);  // happy shortens, sad lengthens the same prediction
}

TEST_F(SessionTest, ARunningPieceCanBeChangedFromOutside) {
  auto d = decoder(1);
  Session session(*d, 4);
  Gathered plain, changed;
  session.add(request(*d, 0, 12));
  session.run(plain);
  changed.on_block = [&] {
    if (changed.blocks == 1) {
      EXPECT_TRUE(session.express({9, 0}, sad));
    }
  };
  session.add(request(*d, 0, 12));
  session.run(changed);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(plain.pieces[0][i], changed.pieces[0][i]);
  EXPECT_NE(plain.pieces[0][4], changed.pieces[0][4]);
  EXPECT_FALSE(session.express({9, 7}, sad));
}

TEST_F(SessionTest, NonsenseIsRefused) {
  auto d = decoder(1);
  Session session(*d);
  EXPECT_THROW(session.add(request(*d, 0, 0)), std::invalid_argument);
  PieceRequest without = request(*d, 0, 1);
  without.primer = nullptr;
  EXPECT_THROW(session.add(without), std::invalid_argument);
  PieceRequest unordered = request(*d, 0, 9);
  unordered.changes = {{5, sad}, {2, happy}};
  EXPECT_THROW(session.add(unordered), std::invalid_argument);
}

}  // namespace
}  // namespace engine
