#include "trainer/run/validator.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/model/losses.h"
#include "trainer/data/examples.h"

namespace trainer {
namespace {

constexpr std::int64_t kBatch = 256;

/// Adds means over `part.targets` to sums.
void add_weighted(const Losses& part, Losses& sum) {
  const auto n = static_cast<double>(part.targets);
  sum.targets += part.targets;
  sum.correct += part.correct;
  sum.total += n * part.total;
  sum.heads.resize(part.heads.size(), 0.0);
  for (std::size_t h = 0; h < part.heads.size(); ++h) sum.heads[h] += n * part.heads[h];
}

}  // namespace

Validator::Validator(const engine::ModelSpec& spec, const ParameterLayout& layout, Pool& pool, const Corpus& corpus,
                     std::int64_t max_windows)
    : spec_(spec), corpus_(corpus), stepper_(spec, layout, pool), first_{0} {
  for (std::size_t p = 0; p < corpus.pieces(); ++p) {
    const auto notes = static_cast<std::int64_t>(corpus.length(p));
    first_.push_back(first_.back() + std::max<std::int64_t>(0, notes - spec.window));
  }
  const std::int64_t all = first_.back();
  used_ = max_windows > 0 ? std::min(max_windows, all) : all;
  name_ = "validation, window " + std::to_string(spec.window) + ", " +
          (used_ < all ? std::to_string(used_) + " of " : "") + std::to_string(all) + " windows";
  std::array<std::uint64_t, 128> counts{};
  for (std::int64_t i = 0; i < used_; ++i) {
    ++counts[corpus.pitch[first_note(i) + static_cast<std::size_t>(spec.window)]];
  }
  entropy_ = engine::entropy(counts);
}

std::size_t Validator::first_note(std::int64_t window) const {
  const auto all = static_cast<double>(first_.back());
  const auto w =
      used_ == first_.back()
          ? window
          : static_cast<std::int64_t>((static_cast<double>(window) + 0.5) * all / static_cast<double>(used_));
  const auto piece = static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), w) - first_.begin()) - 1;
  return corpus_.piece_begin[piece] + static_cast<std::size_t>(w - first_[piece]);
}

Losses Validator::measure(std::span<const float> parameters) {
  stepper_.load(parameters);
  Losses sum;
  for (std::int64_t i = 0; i < used_; i += kBatch) {
    const int sequences = static_cast<int>(std::min(kBatch, used_ - i));
    clear_batch(batch_, spec_.window, sequences, spec_.window - 1);
    for (int b = 0; b < sequences; ++b) {
      place_sequence(corpus_, first_note(i + b), static_cast<std::size_t>(spec_.window),
                     std::numeric_limits<float>::infinity(), batch_, b);
    }
    add_weighted(stepper_.measure(batch_), sum);
  }
  const auto n = static_cast<double>(sum.targets);
  sum.total /= n;
  for (double& head : sum.heads) head /= n;
  return sum;
}

}  // namespace trainer
