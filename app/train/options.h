// What `affetto train` was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trainer/run/train.h"

namespace app {

struct TrainCommand {
  std::string preset = "seed";
  std::vector<std::string> data;  ///< folders or files
  std::string output, split, device = "auto", fusion, clusters, licence, data_note;
  double validation_fraction = 0.1, vote_share = 0.1;
  bool resume = false, force = false, strict_midi = false, json = false, quiet = false;
  std::string loss = "every";
  std::vector<std::string> loss_weights;  ///< "pitch=1"
  std::vector<int> hidden;                ///< replaces the preset's LSTM sizes
  double max_minutes = 0;
  std::optional<int> length;
  trainer::TrainOptions train;  ///< the rest, straight from the command line
};

/// Checks the command and completes `train` from preset and options. Throws UsageError.
trainer::TrainOptions resolve_train_options(const TrainCommand& command);

}  // namespace app
