// A run on notes, as it goes: stored and printed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/train/options.h"
#include "app/train/run_store.h"
#include "trainer/run/train.h"

namespace app {

/// The sink of a run: stores what comes, prints how it goes.
class RunFolder final : public trainer::RunSink {
 public:
  /// @param output  NAME.safetensors
  RunFolder(const TrainCommand& command, const trainer::TrainOptions& options);

  /// The checkpoint to go on from; nothing for a new run. Throws if --resume finds none.
  std::optional<trainer::Checkpoint> resume_point();
  const std::filesystem::path& path() const { return store_.path(); }

  void on_progress(const trainer::Progress& progress) override;
  void on_validation(const trainer::Validation& validation) override;
  void on_best(const engine::Model& model, const trainer::Validation& validation) override;
  void on_checkpoint(const engine::TensorTable& checkpoint, trainer::CheckpointReason reason) override;
  /// Draws loss.svg from metrics.jsonl.
  void draw_curve() const;

 private:
  void print(const trainer::Progress& progress);

  const TrainCommand& command_;
  const trainer::TrainOptions& options_;
  RunStore store_;
  std::string last_validation_;
  double last_print_s_ = -1e9;
};

}  // namespace app
