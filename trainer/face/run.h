// Training from pictures to a face network's weights. Opens no file: as trainer/run, pictures come in, everything that
// leaves goes through a sink, and a checkpoint is a table of tensors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/face/model.h"
#include "engine/face/scores.h"
#include "trainer/face/augment.h"
#include "trainer/face/batch.h"
#include "trainer/face/trainee.h"
#include "trainer/run/train.h"

namespace trainer {

/// How a run goes. The defaults are where recipes for small convolutional networks usually begin (AdamW at 2e-3 under a
/// cosine, a batch of 128, decay 0.05, averaged weights) and what weights/face.md was
/// trained by; others have not been compared with them yet.
struct FaceTrainOptions {
  engine::FaceSpec spec;
  std::uint64_t seed = 1;          ///< of initial weights, order, augmentation and dropout
  int batch = 128;                 ///< pictures per iteration
  double epochs = 60;              ///< passes over the pictures
  double max_seconds = 0;          ///< time budget of all calls together, 0: none. The rate follows the nearer end
  double learning_rate = 2e-3;     ///< of Adam, at its highest
  double final_rate = 0.005;       ///< the rate falls along a cosine to this share
  int warmup = 300;                ///< iterations over which the rate rises from 0
  double weight_decay = 0.05;      ///< weights of convolutions and of the head shrink by rate x this an iteration
  double clip_norm = 5;            ///< largest gradient norm, 0: no clipping
  double dropout = 0.3;            ///< of the features
  double average = 0.999;          ///< what the averaged weights keep an iteration; they are what is validated and kept
  FaceAugmentation augmentation;   ///< of every training picture
  double checkpoint_seconds = 60;  ///< time between checkpoints, 0: only at the end
  int threads = 0;                 ///< 0: as many as the processor has. Weights do not depend on it
  MakeFaceTrainee make_trainee;    ///< what computes the steps (cuda/make.h); none: the CPU
};

/// @throws std::invalid_argument naming the first option that is out of range; engine::ModelError for a bad spec
void check_options(const FaceTrainOptions& options);

struct FaceProgress {
  std::int64_t iteration = 0, iterations = 0;  ///< done; in the whole run (an estimate where time ends it)
  double epoch = 0, seconds = 0, eta_s = 0;
  double pictures_per_s = 0;      ///< since the last report
  double loss = 0, accuracy = 0;  ///< of augmented training pictures since the last report
  double learning_rate = 0, gradient_norm = 0;
};

/// Once an epoch, of the averaged weights, on pictures as they are.
struct FaceValidation {
  std::int64_t iteration = 0;
  double epoch = 0;
  engine::FaceScores scores;
  double best = 0;        ///< the highest accuracy so far, this one included
  bool improved = false;  ///< this one is the best
};

class FaceSink {
 public:
  virtual ~FaceSink() = default;
  virtual void on_progress(const FaceProgress& progress) = 0;
  virtual void on_validation(const FaceValidation& validation) = 0;
  /// The best weights so far changed; calibrated on the validation pictures.
  virtual void on_best(const engine::FaceModel& model, const FaceValidation& validation) = 0;
  /// Everything that resuming needs, best weights included. Store it whole or not at all.
  virtual void on_checkpoint(const engine::TensorTable& checkpoint, CheckpointReason reason) = 0;
};

struct FaceRunResult {
  engine::FaceModel best;
  FaceValidation best_validation;
  std::int64_t iterations = 0;
  double epochs = 0;
  Ending ending = Ending::finished;
};

/// Runs until the epochs are done, the time is spent or `stop` is requested (the iteration is finished, a checkpoint
/// goes out, and the call returns). All calls to `sink` come from the calling thread. Weights after N iterations depend
/// on the options, the pictures, and the instruction set or GPU; resuming continues bit for bit (but for the rate,
/// where there is a time budget). A checkpoint made on one device resumes on any.
/// @param resume  a checkpoint's table
/// @throws engine::Error for too few pictures, a loss that is not finite, a checkpoint of another run;
///         std::invalid_argument as check_options
FaceRunResult train_face(const FaceTrainOptions& options, const FaceSet& train, const FaceSet& validation,
                         const std::optional<engine::TensorTable>& resume, FaceSink& sink, std::stop_token stop);

}  // namespace trainer
