// Training a face network from a folder of pictures to a file of weights.
#pragma once

#include "app/train/face_device.h"
#include "app/train/options.h"
#include "trainer/face/run.h"

namespace app {

/// @return exit code. @throws UsageError, io::FormatError, io::WriteError, engine::Error, Interrupted
/// @param trainer  what trains: told with the result
int train_faces(const TrainCommand& command, const trainer::FaceTrainOptions& options, const FaceTrainer& trainer);

}  // namespace app
