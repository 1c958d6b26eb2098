// Which pieces of a batch are this process's to make.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include "app/generate/job.h"

namespace app {

/// The indices of this process's part of the batch that are still to do, in rising order, one at a time.
class Indices {
 public:
  Indices(std::uint64_t first, std::uint64_t count, Shard shard, std::unordered_set<std::uint64_t> done)
      : next_(first), end_(first + count), shard_(shard), done_(std::move(done)) {}
  /// Those are done: from an earlier run.
  void skip(std::unordered_set<std::uint64_t> done) { done_ = std::move(done); }
  std::optional<std::uint64_t> next() {
    for (; next_ < end_; ++next_) {
      if (next_ % shard_.of == shard_.part && !done_.contains(next_)) return next_++;
    }
    return std::nullopt;
  }
  std::uint64_t remaining() const {
    std::uint64_t total = count_below(end_) - count_below(next_);
    for (const std::uint64_t index : done_) total -= index >= next_ && index < end_ && index % shard_.of == shard_.part;
    return total;
  }

 private:
  std::uint64_t count_below(std::uint64_t n) const { return n / shard_.of + (n % shard_.of > shard_.part ? 1 : 0); }
  std::uint64_t next_, end_;
  Shard shard_;
  std::unordered_set<std::uint64_t> done_;
};

}  // namespace app
