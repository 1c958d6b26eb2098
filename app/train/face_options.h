// `affetto train --preset face`: what was asked for.
#pragma once

#include <functional>
#include <string>

#include "app/train/face_device.h"
#include "app/train/options.h"
#include "trainer/face/run.h"

namespace app {

/// Whether an option was given on the command line.
using WasGiven = std::function<bool(const std::string&)>;

/// The face preset's recipe with what was given in place of its own. @throws UsageError for options of other presets
trainer::FaceTrainOptions resolve_face_options(const TrainCommand& command, const WasGiven& was_given,
                                               const FaceTrainer& trainer);

}  // namespace app
