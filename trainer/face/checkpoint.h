// Everything that a face run needs to go on as if it had not been interrupted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/tensor_table.h"
#include "engine/face/model.h"
#include "trainer/face/layout.h"

namespace trainer {

struct FaceCheckpoint {
  std::vector<float> parameters, adam_m, adam_v, average;  ///< by the layout
  FaceMoments moments;                                     ///< running ones of the averaged weights
  engine::FaceModel best;                                  ///< of the highest accuracy; without tensors before any
  std::int64_t iteration = 0;
  std::uint64_t epoch = 0, position = 0;  ///< of the next picture
  double seconds = 0;
  double best_accuracy = -1;
  std::int64_t best_iteration = 0;
  std::string mark;  ///< of options and pictures: a resumed run must agree
};

engine::TensorTable to_table(const FaceCheckpoint& checkpoint);
/// @throws engine::ModelError for a table that is no checkpoint of this network
FaceCheckpoint face_checkpoint_from_table(const engine::TensorTable& table, const engine::FaceSpec& spec,
                                          const FaceLayout& layout);

}  // namespace trainer
