// A face network from its file.
#pragma once

#include <filesystem>
#include <string>

#include "engine/face/model.h"

namespace app {

struct OpenedFaceModel {
  engine::FaceModel model;
  std::filesystem::path file;
  std::string sha256;  ///< of the file's bytes
};

/// @param file  empty: the weights that ship
/// @throws engine::ModelError, also for a file that is no safetensors, no face network, or one for another size of
/// crop; io::FormatError if unreadable
/// @param option  that names one
OpenedFaceModel open_face_model(const std::string& file, const char* option = "--model");

}  // namespace app
