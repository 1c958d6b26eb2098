#include "trainer/face/trainee.h"

#include <algorithm>
#include <string>

#include "engine/data/error.h"

namespace trainer {

float FaceStep::share(std::int64_t iteration) const {
  const auto t = static_cast<double>(iteration);
  return static_cast<float>(1 - std::min(average, (1 + t) / (10 + t)));
}

void refuse_divergence(std::int64_t iteration, double loss, double norm, double rate) {
  throw engine::Error(
      {"train", "iteration " + std::to_string(iteration),
       "the loss is " + std::to_string(loss) + " and the gradient's norm " + std::to_string(norm) +
           ": training diverged",
       "resume from the last checkpoint with a lower learning rate (it was " + std::to_string(rate) + ")"});
}

}  // namespace trainer
