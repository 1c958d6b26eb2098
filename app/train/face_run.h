// Training a face network from a folder of pictures to a file of weights.
#pragma once

#include "app/train/options.h"
#include "trainer/face/run.h"

namespace app {

/// @return exit code. @throws UsageError, io::FormatError, io::WriteError, engine::Error, Interrupted
/// @param device  what trains, as --device calls it
int train_faces(const TrainCommand& command, const trainer::FaceTrainOptions& options, const std::string& device);

}  // namespace app
