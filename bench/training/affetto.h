// Our side of the training benchmarks: one iteration as trainer/run does it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "trainer/bptt/cpu/stepper.h"
#include "trainer/optim/adam.h"

namespace bench {

/// `sequences` random sequences of `length` notes.
/// @param every   every prediction counts, else the last of each sequence
/// @param number  another number, other notes
trainer::Batch random_batch(int length, int sequences, bool every, int number);

class Training {
 public:
  /// @param batches  must outlive this
  Training(const engine::Model& model, const std::vector<trainer::Batch>& batches, int threads);

  /// Gradients by PyTorch's names; changes no weight.
  std::map<std::string, engine::Tensor> gradients(std::size_t batch);
  /// Forward, backward, clipping to norm 1, Adam at 1e-4. @return the loss before the step
  double iterate(std::size_t batch);

 private:
  const std::vector<trainer::Batch>& batches_;
  trainer::ParameterLayout layout_;
  trainer::Pool pool_;
  trainer::CpuStepper stepper_;
  trainer::Adam adam_;
  std::vector<float> weights_, gradients_;
};

}  // namespace bench
