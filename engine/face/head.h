// The last of a face network: from the features' mean to probabilities. A few hundred multiplications, in double.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "engine/face/model.h"

namespace engine {

/// probabilities [classes] = softmax((W features + b) / temperature)
template <typename Number>
void face_probabilities(const FaceModel& model, std::span<const Number> features, std::span<double> probabilities) {
  const std::vector<float>& weight = model.tensor("head.weight").values;
  const std::vector<float>& bias = model.tensor("head.bias").values;
  double top = -INFINITY, total = 0;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    double logit = bias[k];
    for (std::size_t c = 0; c < features.size(); ++c)
      logit += static_cast<double>(weight[k * features.size() + c]) * static_cast<double>(features[c]);
    probabilities[k] = logit / model.spec.temperature;
    top = std::fmax(top, probabilities[k]);
  }
  for (double& p : probabilities) total += p = std::exp(p - top);
  for (double& p : probabilities) p /= total;
}

}  // namespace engine
