// The state of one training run; train() in run.cpp makes one and lets it go.
#pragma once

#include <chrono>
#include <vector>

#include "trainer/optim/adam.h"
#include "trainer/optim/input_scaling.h"
#include "trainer/optim/schedule.h"
#include "trainer/run/train.h"
#include "trainer/run/validator.h"

namespace trainer {

class Run {
 public:
  Run(const TrainOptions& options, const Corpus& train, const Corpus& validation,
      const std::optional<Checkpoint>& resume, RunSink& sink);
  RunResult go(std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;

  void restore(const Checkpoint& checkpoint);
  void iterate();
  bool validate();
  void report(bool force);
  void save(CheckpointReason reason);
  double seconds() const;
  double share_done() const;
  double epochs_done();
  bool out_of_time() const { return options_.max_seconds > 0 && seconds() >= options_.max_seconds; }
  RunResult result(Ending ending);

  TrainOptions options_;
  RunSink& sink_;
  ParameterLayout layout_;
  Pool pool_;
  CpuStepper stepper_;
  Examples examples_;
  Validator validator_;
  InputScaling scaling_;
  Adam adam_;
  CosineSchedule schedule_;
  Plateau plateau_;
  EarlyStop early_;
  std::vector<float> trained_, weights_, gradients_, best_weights_;  ///< trained_: in the optimizer's coordinates
  Batch batch_;
  std::string hash_;

  std::int64_t iteration_ = 0, iterations_ = 0, validation_interval_ = 0, validated_ = -1, best_iteration_ = 0;
  std::uint64_t epoch_ = 0, position_ = 0;
  double earlier_seconds_ = 0, best_selected_ = 0, rate_ = 0, norm_ = 0;
  bool has_best_ = false;
  Validation best_validation_;

  Clock::time_point began_ = Clock::now(), reported_ = began_, saved_ = began_;
  Losses since_report_;  ///< sums over targets since the last report
  std::int64_t sequences_since_ = 0, notes_since_ = 0, first_iteration_ = 0;
  bool reported_once_ = false;
};

}  // namespace trainer
