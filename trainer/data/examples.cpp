#include "trainer/data/examples.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>

#include "kernels/math/philox.h"

namespace trainer {
namespace {

/// Word 2 of a counter: which of the shuffles of an epoch.
constexpr std::uint32_t kOffsetDraw = 100;

}  // namespace

std::uint64_t permuted(std::uint64_t index, std::uint64_t count, std::uint64_t seed, std::uint64_t epoch) {
  const int half = std::max(1, (static_cast<int>(std::bit_width(count - 1)) + 1) / 2);
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = index >> half, right = index & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const kernels::Words4 words =
          kernels::random_words(seed ^ (right * 0x9E3779B97F4A7C15u), epoch, round, kernels::Purpose::kShuffle);
      const std::uint64_t mixed = (static_cast<std::uint64_t>(words.w[0]) << 32 | words.w[1]) & mask;
      left ^= mixed;
      std::swap(left, right);
    }
    index = left << half | right;
  } while (index >= count);
  return index;
}

Examples::Examples(const Corpus& corpus, int length, LossPositions positions, std::uint64_t seed, double cap_s)
    : corpus_(corpus),
      length_(static_cast<std::size_t>(length)),
      positions_(positions),
      seed_(seed),
      cap_s_(cap_s > 0 ? static_cast<float>(cap_s) : std::numeric_limits<float>::infinity()) {
  if (length < 1) throw std::invalid_argument("example length " + std::to_string(length) + ", expected at least 1");
}

std::uint64_t Examples::examples_of(std::size_t notes) const {
  if (positions_ == LossPositions::last) return notes > length_ ? notes - length_ : 0;
  if (notes < 2) return 0;
  return offset_ < notes - 1 ? (notes - 1 - offset_ + length_ - 1) / length_ : 1;
}

void Examples::enter(std::uint64_t epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  const auto words = kernels::random_words(seed_, epoch, kOffsetDraw, kernels::Purpose::kShuffle);
  offset_ = positions_ == LossPositions::every ? words.w[0] % length_ : 0;
  first_.assign(1, 0);
  for (std::size_t p = 0; p < corpus_.pieces(); ++p) first_.push_back(first_.back() + examples_of(corpus_.length(p)));
}

std::uint64_t Examples::count(std::uint64_t epoch) {
  enter(epoch);
  return first_.back();
}

void Examples::fill(std::uint64_t epoch, std::uint64_t position, int size, Batch& batch) {
  const std::uint64_t total = count(epoch);
  if (position >= total)
    throw std::out_of_range("example " + std::to_string(position) + " of " + std::to_string(total));
  const int sequences = static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(size), total - position));
  const int steps = static_cast<int>(length_);
  clear_batch(batch, steps, sequences, positions_ == LossPositions::last ? steps - 1 : 0);
  for (int b = 0; b < sequences; ++b) {
    const std::uint64_t example = permuted(position + static_cast<std::uint64_t>(b), total, seed_, epoch);
    const auto piece =
        static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), example) - first_.begin()) - 1;
    const auto k = static_cast<std::size_t>(example - first_[piece]), notes = corpus_.length(piece);
    std::size_t start = k;
    if (positions_ == LossPositions::every) start = offset_ < notes - 1 ? offset_ + k * length_ : 0;
    place_sequence(corpus_, corpus_.piece_begin[piece] + start, std::min(length_, notes - 1 - start), cap_s_, batch, b);
  }
}

void clear_batch(Batch& batch, int steps, int sequences, int first_loss_step) {
  batch.steps = steps, batch.batch = sequences, batch.first_loss_step = first_loss_step;
  for (auto& field : batch.inputs) field.assign(batch.size(), 0.0f);
  for (auto& field : batch.targets) field.assign(batch.size(), 0.0f);
  batch.mask.assign(batch.size(), 0.0f);
}

void place_sequence(const Corpus& corpus, std::size_t begin, std::size_t count, float cap_s, Batch& batch, int column) {
  for (std::size_t t = 0; t < count; ++t) {
    const std::size_t to = t * static_cast<std::size_t>(batch.batch) + static_cast<std::size_t>(column);
    const std::size_t i = begin + t;
    batch.inputs[0][to] = corpus.pitch[i];
    batch.inputs[1][to] = std::min(corpus.step_s[i], cap_s);
    batch.inputs[2][to] = std::min(corpus.duration_s[i], cap_s);
    batch.targets[0][to] = corpus.pitch[i + 1];
    batch.targets[1][to] = std::min(corpus.step_s[i + 1], cap_s);
    batch.targets[2][to] = std::min(corpus.duration_s[i + 1], cap_s);
    batch.mask[to] = static_cast<int>(t) >= batch.first_loss_step ? 1.0f : 0.0f;
  }
}

}  // namespace trainer
