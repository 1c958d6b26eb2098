// What a network did wrong on a batch or a corpus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainer {

/// Losses per predicted note. Pitch: cross-entropy in nats. Step, duration: mean of (y - y^)^2 + 10 max(-y^, 0), in
/// seconds squared. All after the head's activation, before any clamp (semantics.md, "Losses").
struct Losses {
  double total = 0;           ///< sum over heads of HeadSpec::loss_weight times its loss
  std::vector<double> heads;  ///< in the order of ModelSpec::heads
  std::int64_t targets = 0;   ///< notes predicted
  std::int64_t correct = 0;   ///< of these, those whose most probable pitch was the right one
  double accuracy() const { return targets ? static_cast<double>(correct) / static_cast<double>(targets) : 0.0; }
};

}  // namespace trainer
