#include "trainer/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace trainer {

double CosineSchedule::at(std::int64_t iteration, double done) const {
  const double fall = (1 + std::cos(std::numbers::pi * std::clamp(done, 0.0, 1.0))) / 2;
  const double rise = iteration < warmup ? static_cast<double>(iteration + 1) / warmup : 1.0;
  return rate * rise * (final_share + (1 - final_share) * fall);
}

double Plateau::update(double loss) {
  if (patience_ <= 0) return current_;
  if (loss < best_) {
    best_ = loss;
    count_ = 0;
  } else if (++count_ > patience_) {
    current_ *= factor_;
    count_ = 0;
  }
  return current_;
}

bool EarlyStop::update(bool improved) {
  count_ = improved ? 0 : count_ + 1;
  return patience_ > 0 && count_ >= patience_;
}

}  // namespace trainer
