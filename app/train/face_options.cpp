#include "app/train/face_options.h"

#include "app/glue/exit_codes.h"
#include "kernels/conv/train/network.h"

namespace app {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& why, const std::string& hint) {
  throw UsageError({"usage", option, why, hint});
}

/// What means something for notes only.
constexpr const char* kForNotes[] = {
    "--split",      "--length",     "--loss",     "--loss-weight",         "--hidden",
    "--target-cap", "--input-gain", "--select",   "--validation-interval", "--validation-windows",
    "--plateau",    "--early-stop", "--clusters", "--strict-midi"};

}  // namespace

trainer::FaceTrainOptions resolve_face_options(const TrainCommand& c, const WasGiven& was_given,
                                               const FaceTrainer& trainer) {
  if (c.output.empty()) refuse("-o", "the trained network needs a file to go to", "-o my-face.safetensors");
  if (c.data.size() != 1) refuse("--data", "one folder of labelled faces is needed", "--data FOLDER");
  for (const char* option : kForNotes) {
    if (was_given(option)) refuse(option, "it has no meaning for faces", "leave it out");
  }
  if (!(c.vote_share >= 0 && c.vote_share <= 1))
    refuse("--vote-share", "it must lie between 0 and 1", "0 learns from labels alone, 1 from votes alone");
  if (!(c.validation_fraction > 0 && c.validation_fraction < 1))
    refuse("--validation", "it must lie between 0 and 1", "0.1 keeps a tenth of the pictures to validate on");

  trainer::FaceTrainOptions options;
  options.spec = engine::face_spec();
  const auto take = [&](const char* name, auto& to, const auto& from) {
    if (was_given(name)) to = from;
  };
  take("--epochs", options.epochs, c.train.epochs);
  take("--batch", options.batch, c.train.batch);
  take("--learning-rate", options.learning_rate, c.train.learning_rate);
  take("--final-rate", options.final_rate, c.train.final_rate);
  take("--warmup", options.warmup, c.train.warmup);
  take("--weight-decay", options.weight_decay, c.train.weight_decay);
  take("--clip", options.clip_norm, c.train.clip_norm);
  options.seed = c.train.seed;
  options.threads = c.train.threads;
  options.max_seconds = c.max_minutes * 60;
  options.make_trainee = trainer.make;
  try {
    trainer::check_options(options);
  } catch (const std::invalid_argument& error) {
    refuse("options", error.what(), "affetto train --help shows the options");
  }
  if (trainer.make && options.batch > kernels::kMostFaceTrainSlots)
    refuse("--batch", "a GPU takes " + std::to_string(kernels::kMostFaceTrainSlots) + " pictures an iteration at most",
           "a smaller one, or --device cpu");
  return options;
}

}  // namespace app
