// Corpora, their cache, splits and the order of examples.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>

#include "engine/data/error.h"
#include "trainer/data/corpus.h"
#include "trainer/data/examples.h"

namespace trainer {
namespace {

/// Pieces of the given lengths; the pitch counts notes through the corpus (mod 128), the step counts inside a piece.
Corpus make_corpus(const std::vector<int>& lengths) {
  Corpus corpus;
  int n = 0;
  for (std::size_t p = 0; p < lengths.size(); ++p) {
    std::vector<engine::Note> notes;
    for (int i = 0; i < lengths[p]; ++i, ++n) {
      notes.push_back({.step_s = static_cast<float>(i),
                       .duration_s = static_cast<float>(p) + 0.5f,
                       .pitch = static_cast<std::uint8_t>(n % 128)});
    }
    append_piece(corpus, "piece " + std::to_string(p), notes);
  }
  return corpus;
}

TEST(Corpus, RefusesNotesThatNoModelCanRead) {
  Corpus corpus;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const engine::Note& bad :
       {engine::Note{.step_s = -1}, engine::Note{.step_s = nan},
        engine::Note{.duration_s = std::numeric_limits<float>::infinity()}, engine::Note{.pitch = 128}}) {
    EXPECT_THROW(append_piece(corpus, "bad", std::vector{engine::Note{}, bad}), engine::Error);
  }
  EXPECT_EQ(corpus, Corpus{});
}

TEST(Corpus, CacheGivesBackWhatWasPutIn) {
  for (const Corpus& corpus : {Corpus{}, make_corpus({0, 5, 1, 300})}) {
    EXPECT_EQ(corpus_from_bytes(to_bytes(corpus), "cache"), corpus);
  }
}

TEST(Corpus, DamagedCacheIsRefusedAndNeverCrashes) {
  const std::vector<std::uint8_t> good = to_bytes(make_corpus({3, 40}));
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_THROW(corpus_from_bytes(std::span(good).first(length), "cut"), engine::Error) << length;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= 12 && i < 16) continue;  // reserved
    std::vector<std::uint8_t> bad = good;
    bad[i] ^= 0x41;
    EXPECT_THROW(corpus_from_bytes(bad, "flipped"), engine::Error) << i;
  }
}

/// A file whose checksum is right although its contents are not: made by whoever wrote it.
std::vector<std::uint8_t> with_checksum(std::vector<std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (std::size_t i = 40; i < bytes.size(); ++i) hash = (hash ^ bytes[i]) * 0x100000001B3u;
  std::memcpy(bytes.data() + 32, &hash, 8);
  return bytes;
}

TEST(Corpus, ForgedSizesAndValuesAreRefused) {
  const std::vector<std::uint8_t> good = to_bytes(make_corpus({3, 40}));
  ASSERT_EQ(with_checksum(good), good);
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint8_t> bad = good;
    for (int k = 0; k < 1 + round % 3; ++k) {
      const std::uint8_t values[] = {0xFF, 0x80, 0x7F, 0x00};
      bad[16 + random() % (bad.size() - 16)] = values[random() % 4];
    }
    try {
      const Corpus corpus = corpus_from_bytes(with_checksum(bad), "forged");
      ASSERT_EQ(corpus.piece_begin.back(), corpus.notes());
      ASSERT_EQ(corpus.piece_begin.size(), corpus.pieces() + 1);
    } catch (const engine::Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Split, DependsOnNameAndSeedAlone) {
  const Corpus corpus = make_corpus(std::vector<int>(60, 4));
  const Split split = split_by_piece(corpus, 0.25, 7);
  EXPECT_EQ(split.train.pieces() + split.validation.pieces(), 60u);
  EXPECT_GT(split.validation.pieces(), 5u);
  EXPECT_LT(split.validation.pieces(), 30u);
  std::vector<std::size_t> reversed;
  for (std::size_t i = 60; i-- > 0;) reversed.push_back(i);
  const Split again = split_by_piece(select_pieces(corpus, reversed), 0.25, 7);
  EXPECT_EQ(std::set<std::string>(split.validation.names.begin(), split.validation.names.end()),
            std::set<std::string>(again.validation.names.begin(), again.validation.names.end()));
  EXPECT_NE(split_by_piece(corpus, 0.25, 8).validation.names, split.validation.names);
}

TEST(Split, NeitherSideIsEmpty) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Split split = split_by_piece(make_corpus({4, 4}), 0.01, seed);
    EXPECT_EQ(split.train.pieces(), 1u);
    EXPECT_EQ(split.validation.pieces(), 1u);
  }
  EXPECT_THROW(split_by_piece(make_corpus({4, 4}), 1.0, 1), std::invalid_argument);
}

TEST(Entropy, CountsTheTargetsOfTheWindowAlone) {
  Corpus corpus;
  std::vector<engine::Note> notes(5);
  for (int i = 0; i < 5; ++i) notes[static_cast<std::size_t>(i)].pitch = static_cast<std::uint8_t>(i == 4 ? 9 : i);
  append_piece(corpus, "a", notes);
  append_piece(corpus, "b", notes);
  EXPECT_NEAR(unigram_pitch_entropy(corpus, 3), std::log(2.0), 1e-12);
  EXPECT_EQ(unigram_pitch_entropy(corpus, 4), 0);
  EXPECT_EQ(unigram_pitch_entropy(corpus, 9), 0);
}

TEST(Permuted, IsOneToOneAndChangesWithTheEpoch) {
  for (const std::uint64_t count : {1, 2, 3, 5, 64, 100, 1000}) {
    std::set<std::uint64_t> seen;
    std::uint64_t moved = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t to = permuted(i, count, 3, 0);
      ASSERT_LT(to, count);
      seen.insert(to);
      moved += to != permuted(i, count, 3, 1);
    }
    EXPECT_EQ(seen.size(), count);
    if (count >= 64) {
      EXPECT_GT(moved, count / 2);
    }
  }
}

/// All (first input pitch, targets) of an epoch, read in batches of `size`.
std::multiset<std::pair<float, int>> examples_of(Examples& examples, std::uint64_t epoch, int size, int& targets) {
  std::multiset<std::pair<float, int>> all;
  Batch batch;
  targets = 0;
  for (std::uint64_t position = 0; position < examples.count(epoch);
       position += static_cast<std::uint64_t>(batch.batch)) {
    examples.fill(epoch, position, size, batch);
    for (int b = 0; b < batch.batch; ++b) {
      int counted = 0;
      for (int t = 0; t < batch.steps; ++t) {
        const auto i = static_cast<std::size_t>(t * batch.batch + b);
        if (batch.mask[i] == 0) continue;
        ++counted;
        EXPECT_EQ(batch.targets[1][i], batch.inputs[1][i] + 1) << "the target is the next note of the same piece";
        EXPECT_EQ(batch.targets[2][i], batch.inputs[2][i]);
      }
      targets += counted;
      all.insert({batch.inputs[0][static_cast<std::size_t>(b)], counted});
    }
  }
  return all;
}

TEST(Examples, WindowsAreAllThoseThatANoteFollows) {
  const Corpus corpus = make_corpus({4, 5, 0, 9, 30});
  Examples examples(corpus, 4, LossPositions::last, 5);
  EXPECT_EQ(examples.count(0), 0u + 1 + 0 + 5 + 26);
  int targets = 0;
  const auto all = examples_of(examples, 0, 7, targets);
  EXPECT_EQ(targets, 32);
  EXPECT_EQ(all.size(), 32u);
}

TEST(Examples, ChunksCoverEveryNoteFromTheFirstCutOnOnce) {
  const Corpus corpus = make_corpus({1, 2, 23, 0, 40});
  Examples examples(corpus, 8, LossPositions::every, 5);
  std::set<int> totals;
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    int targets = 0;
    examples_of(examples, epoch, 3, targets);
    EXPECT_LE(targets, 1 + 22 + 39);
    EXPECT_GE(targets, 1 + 22 + 39 - 2 * 7);
    totals.insert(targets);
  }
  EXPECT_GT(totals.size(), 3u) << "the cuts must move from epoch to epoch";
}

TEST(Examples, OrderDependsOnSeedAndEpochNotOnTheBatch) {
  const Corpus corpus = make_corpus({100, 90});
  Examples one(corpus, 8, LossPositions::every, 5), two(corpus, 8, LossPositions::every, 5);
  Batch single, many;
  two.count(3);  // having been elsewhere does not matter
  two.fill(1, 0, 16, many);
  for (std::uint64_t i = 0; i < 16; ++i) {
    one.fill(1, i, 1, single);
    EXPECT_EQ(single.inputs[0][0], many.inputs[0][i]);
  }
}

TEST(Examples, LongTimesAreCutWhereAsked) {
  const Corpus corpus = make_corpus({10});
  Examples examples(corpus, 9, LossPositions::last, 5, 2.5);
  Batch batch;
  examples.fill(0, 0, 1, batch);
  EXPECT_EQ(batch.inputs[1][1], 1.0f);
  EXPECT_EQ(batch.inputs[1][8], 2.5f);
  EXPECT_EQ(batch.targets[1][8], 2.5f);
}

}  // namespace
}  // namespace trainer
