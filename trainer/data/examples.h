// Training examples: which notes are read, which are predicted, and in which order.
#pragma once

#include <cstdint>
#include <vector>

#include "trainer/data/batch.h"
#include "trainer/data/corpus.h"

namespace trainer {

/// Which predictions of an example count.
enum class LossPositions {
  last,   ///< one: after all `length` notes, as the seed trains
  every,  ///< all: after 1, 2 .. `length` notes from zero state; trains window and carry mode at once
};

/// A one-to-one map of 0 .. count - 1 onto itself that looks random and needs no memory: a Feistel network of four
/// rounds whose round function is Philox, walked until it falls inside (Black & Rogaway, "Ciphers with arbitrary finite
/// domains", 2002).
std::uint64_t permuted(std::uint64_t index, std::uint64_t count, std::uint64_t seed, std::uint64_t epoch);

/// Never crosses two pieces.
///  last:  every window of `length` notes that a note follows; that note is the target.
///  every: pieces are cut into chunks of `length` notes (the last of a piece may be shorter and is padded, mask 0).
///  Where
///         the cuts fall is drawn anew for every epoch, so that every note is seen with every length of past.
/// The order of an epoch depends on (seed, epoch) alone.
class Examples {
 public:
  /// @param corpus  must outlive this
  /// @param cap_s   steps and durations above it are cut to it; 0: not
  Examples(const Corpus& corpus, int length, LossPositions positions, std::uint64_t seed, double cap_s = 0);

  /// Examples in an epoch.
  std::uint64_t count(std::uint64_t epoch);
  /// Examples position .. position + size - 1 of the epoch's order; fewer at its end.
  /// @param batch  filled anew; its buffers are used again
  void fill(std::uint64_t epoch, std::uint64_t position, int size, Batch& batch);

 private:
  void enter(std::uint64_t epoch);
  std::uint64_t examples_of(std::size_t notes) const;

  const Corpus& corpus_;
  std::size_t length_;
  LossPositions positions_;
  std::uint64_t seed_;
  float cap_s_;
  std::uint64_t epoch_ = static_cast<std::uint64_t>(-1);
  std::size_t offset_ = 0;            ///< of the first cut in this epoch
  std::vector<std::uint64_t> first_;  ///< index of each piece's first example, then their number
};

/// Puts notes begin .. begin + count - 1 as inputs, and the notes after them as targets, into column `column`.
void place_sequence(const Corpus& corpus, std::size_t begin, std::size_t count, float cap_s, Batch& batch, int column);
/// Sizes the batch and clears it: no input, mask 0.
void clear_batch(Batch& batch, int steps, int sequences, int first_loss_step);

}  // namespace trainer
