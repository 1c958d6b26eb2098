// A face run small enough for tests, and what it tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trainer/face/run.h"

namespace trainer {

/// Drawn faces of 12 pixels: two eyes and a mouth that is bright (happy) or dark (sad), on a ground of any grey.
inline FaceSet drawn_faces(std::size_t count, unsigned start) {
  FaceSet set;
  set.side = 12, set.classes = 2;
  for (std::size_t i = 0; i < count; ++i) {
    const bool happy = i % 2 == 0;
    const int ground = 60 + static_cast<int>((i * 37 + start) % 120);
    std::vector<std::uint8_t> pixels(144, static_cast<std::uint8_t>(ground));
    for (const std::size_t at : {3 * 12 + 3, 3 * 12 + 8}) pixels[at] = static_cast<std::uint8_t>(ground - 50);
    for (std::size_t x = 3; x < 9; ++x)
      pixels[8 * 12 + x] = static_cast<std::uint8_t>(happy ? ground + 60 : ground - 60);
    for (std::size_t p = 0; p < 144; ++p)
      pixels[p] = static_cast<std::uint8_t>(pixels[p] + (p * 7 + i * 13 + start) % 9);
    set.pixels.insert(set.pixels.end(), pixels.begin(), pixels.end());
    set.labels.push_back(happy ? 0 : 1);
    set.targets.insert(set.targets.end(), {happy ? 0.9f : 0.1f, happy ? 0.1f : 0.9f});
  }
  return set;
}

inline FaceTrainOptions small_options() {
  FaceTrainOptions options;
  options.spec.name = "small";
  options.spec.side = 12;
  options.spec.stages = {{4, true}, {8, true}};
  options.spec.classes = {"happy", "sad"};
  options.batch = 16, options.epochs = 12, options.warmup = 5, options.learning_rate = 0.02, options.average = 0.9;
  options.checkpoint_seconds = 0, options.threads = 1;
  return options;
}

class Recorder final : public FaceSink {
 public:
  void on_progress(const FaceProgress& p) override { last = p; }
  void on_validation(const FaceValidation& v) override { accuracies.push_back(v.scores.accuracy); }
  void on_best(const engine::FaceModel& model, const FaceValidation&) override { best = model; }
  void on_checkpoint(const engine::TensorTable& table, CheckpointReason why) override {
    checkpoint = table, reason = why;
  }

  FaceProgress last;
  std::vector<double> accuracies;
  engine::FaceModel best;
  engine::TensorTable checkpoint;
  CheckpointReason reason = CheckpointReason::interval;
};

}  // namespace trainer
