// Training from notes to weights. The trainer opens no file: notes come in as a Corpus, everything that leaves goes
// through a RunSink, and a checkpoint is a table of tensors that the caller stores as it likes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/model/model.h"
#include "trainer/bptt/losses.h"
#include "trainer/data/corpus.h"
#include "trainer/data/examples.h"
#include "trainer/run/checkpoint.h"

namespace trainer {

/// How a run goes. The defaults are the recipe for the `seed` preset on MAESTRO; reasons stand in options.cpp.
struct TrainOptions {
  engine::ModelSpec spec;  ///< the network; heads[i].loss_weight are the weights of the total loss
  std::uint64_t seed = 1;  ///< of initial weights, order of examples and dropout
  int batch = 64;          ///< sequences per iteration, B
  int length = 50;         ///< notes read per example, T; LossPositions::last: use spec.window
  LossPositions positions = LossPositions::every;
  double epochs = 10;            ///< passes over the training pieces; may be a fraction
  double max_seconds = 0;        ///< time budget of all calls together, 0: none. The rate follows the nearer end
  double learning_rate = 0.012;  ///< at its highest, > 0
  double final_rate = 0.01;      ///< the rate falls along a cosine to this share of the highest; 1: it stays
  int warmup = 500;              ///< iterations over which the rate rises from 0
  double weight_decay = 0;       ///< L2, added to the gradient as PyTorch's Adam does
  double clip_norm = 1;          ///< largest gradient norm, 0: no clipping
  double target_cap_s = 0;       ///< step and duration of inputs and targets in TRAINING are cut here, 0: not
  std::array<double, 3> input_gain = {20, 4, 4};  ///< by Field: how strongly scaled inputs enter while training, in
                                                  ///< deviations (optim/input_scaling.h); 0: as they are
  std::int64_t validation_interval = 0;           ///< iterations between validations, 0: four times an epoch
  std::int64_t validation_windows = 20000;        ///< at most so many windows per validation, spread evenly; 0: all
  std::string select = "total";    ///< quantity that marks the best weights: "total" or a head's name ("pitch")
  int plateau_patience = 0;        ///< validations without improvement before the rate is cut, 0: never
  double plateau_factor = 0.5;     ///< what the rate is multiplied by then
  double plateau_min_rate = 1e-5;  ///< but not below this
  int early_stop_patience = 0;     ///< validations without improvement before the run ends, 0: never
  double checkpoint_seconds = 60;  ///< time between checkpoints, 0: only at the end
  int threads = 0;                 ///< 0: as many as the processor has. Weights do not depend on it
};

/// @throws std::invalid_argument naming the first option that is out of range; engine::ModelError for a bad spec
void check_options(const TrainOptions& options);

/// Where a run stands; reported about once a second, the first time within the first seconds.
struct Progress {
  std::int64_t iteration = 0, iterations = 0;   ///< done; in the whole run (an estimate where time ends it)
  double epoch = 0;                             ///< passes done, with the fraction
  double seconds = 0;                           ///< spent so far, earlier calls included
  double eta_s = 0;                             ///< seconds left, by the rate so far
  double sequences_per_s = 0, notes_per_s = 0;  ///< examples, and notes read, since the last report
  Losses losses;                                ///< mean since the last report, training examples
  double learning_rate = 0;
  double gradient_norm = 0;  ///< of the last iteration, before clipping
};

/// Losses on the validation pieces exactly as `affetto evaluate` in window mode computes them: every target is read
/// from the last W notes, from zero state.
struct Validation {
  std::int64_t iteration = 0;
  double epoch = 0;
  std::string name;  ///< "validation, window 25, 20000 of 713114 windows"
  Losses losses;
  double selected = 0;         ///< the value of TrainOptions::select
  double best = 0;             ///< the lowest so far, this one included
  bool improved = false;       ///< this one is the best
  double unigram_entropy = 0;  ///< nats, of the same targets' pitches: the line to beat
};

enum class CheckpointReason { interval, stopped, finished };
enum class Ending { finished, out_of_time, stopped, early };

class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual void on_progress(const Progress& progress) = 0;
  virtual void on_validation(const Validation& validation) = 0;
  /// The best weights so far changed. `model` is complete but for clusters and card.
  virtual void on_best(const engine::Model& model, const Validation& validation) = 0;
  /// Everything that resuming needs, best weights included. Store it whole or not at all.
  virtual void on_checkpoint(const engine::TensorTable& checkpoint, CheckpointReason reason) = 0;
};

struct RunResult {
  engine::Model best;  ///< weights with the lowest selected quantity on validation
  Validation best_validation;
  std::int64_t iterations = 0;
  double epochs = 0;
  Ending ending = Ending::finished;
};

/// Runs until the epochs are done, the time is spent, validation stops improving or `stop` is requested (the iteration
/// is finished, a checkpoint goes out, and the call returns). All calls to `sink` come from the calling thread.
/// Resuming a checkpoint continues bit for bit: 2N iterations equal N, a checkpoint, and N more (with a time budget the
/// learning rate depends on the clock, so there the schedule continues but not the bits).
/// @param validation  pieces that are never trained on; chooses the best weights
/// @throws engine::Error for an empty corpus, examples too short, a loss or gradient that is not finite (naming the
///         iteration), a checkpoint of another run; std::invalid_argument as check_options
RunResult train(const TrainOptions& options, const Corpus& train, const Corpus& validation,
                const std::optional<Checkpoint>& resume, RunSink& sink, std::stop_token stop);

}  // namespace trainer
