// Losses on pieces that were not trained on, the way `affetto evaluate` measures them in window mode.
#pragma once

#include <cstdint>
#include <string>

#include "trainer/bptt/cpu/stepper.h"
#include "trainer/data/corpus.h"

namespace trainer {

class Validator {
 public:
  /// @param corpus       must outlive this
  /// @param max_windows  at most so many targets, spread evenly over all; 0: all
  Validator(const engine::ModelSpec& spec, const ParameterLayout& layout, Pool& pool, const Corpus& corpus,
            std::int64_t max_windows);

  /// Every target is read from exactly the last W notes, from zero state.
  Losses measure(std::span<const float> parameters);
  /// "validation, window 25, 20000 of 713114 windows"
  const std::string& name() const { return name_; }
  std::int64_t windows() const { return used_; }
  /// Entropy in nats of the pitches of the targets used.
  double unigram_entropy() const { return entropy_; }

 private:
  std::size_t first_note(std::int64_t window) const;

  const engine::ModelSpec spec_;
  const Corpus& corpus_;
  CpuStepper stepper_;
  std::vector<std::int64_t> first_;  ///< index of each piece's first window, then their number
  std::int64_t used_ = 0;
  std::string name_;
  double entropy_ = 0;
  Batch batch_;
};

}  // namespace trainer
