// How the learning rate falls, and when a run has learnt enough.
#pragma once

#include <cstdint>
#include <limits>

namespace trainer {

/// Rises linearly over `warmup` iterations, then falls along half a cosine from 1 to `final_share` (Loshchilov &
/// Hutter, "SGDR", 2017, without restarts).
struct CosineSchedule {
  double rate = 1e-3;
  double final_share = 1;
  int warmup = 0;
  /// @param iteration  of the coming step, from 0
  /// @param done       share of the run that is over, in [0, 1]
  double at(std::int64_t iteration, double done) const;
};

/// Cuts the rate when a loss has not improved for `patience` measurements in a row (as PyTorch's ReduceLROnPlateau with
/// threshold 0: the cut comes with measurement patience + 1).
class Plateau {
 public:
  Plateau(int patience, double factor) : patience_(patience), factor_(factor) {}
  /// Returns the factor of the rate from now on.
  double update(double loss);
  double factor() const { return current_; }
  int count() const { return count_; }
  double best() const { return best_; }
  void restore(double current, int count, double best) { current_ = current, count_ = count, best_ = best; }

 private:
  int patience_;
  double factor_, current_ = 1, best_ = std::numeric_limits<double>::infinity();
  int count_ = 0;
};

/// Ends a run after `patience` measurements in a row without improvement; patience 0: never.
class EarlyStop {
 public:
  explicit EarlyStop(int patience) : patience_(patience) {}
  /// @param improved  whether this measurement is the best so far;  returns true when the run shall end
  bool update(bool improved);
  int count() const { return count_; }
  void restore(int count) { count_ = count; }

 private:
  int patience_, count_ = 0;
};

}  // namespace trainer
