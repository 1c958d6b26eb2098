#include "app/face/model.h"

#include "app/glue/inputs.h"
#include "app/glue/resources.h"
#include "engine/data/error.h"
#include "engine/face/crop.h"
#include "engine/face/reading.h"

namespace app {

OpenedFaceModel open_face_model(const std::string& file, const char* option) {
  OpenedTable opened = open_table(file.empty() ? find_weights("face", option) : std::filesystem::path(file));
  engine::FaceModel model = engine::face_model_from_table(std::move(opened.table), opened.file.string());
  engine::check_face_classes(model.spec, opened.file.string());
  if (model.spec.side != engine::kFaceSide) {
    throw engine::ModelError({"open face model", opened.file.string(),
                              "it reads pictures of " + std::to_string(model.spec.side) +
                                  " pixels; faces are cut out at " + std::to_string(engine::kFaceSide),
                              "use a network made by affetto train --preset face"});
  }
  return {std::move(model), opened.file, opened.sha256};
}

}  // namespace app
