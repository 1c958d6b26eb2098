// `affetto evaluate --faces`: how well a face network reads labelled faces.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace app {

struct FaceEvaluationCommand {
  std::string model;      ///< file
  std::string faces;      ///< folder as `affetto train --preset face` takes it
  std::string part;       ///< train, validation or test; empty: test
  std::string confusion;  ///< picture to write, or empty
  bool json = false, force = false;
  int threads = 0;
};

/// Reads, measures, prints. @return exit code. @throws engine::ModelError, io::FormatError, io::WriteError
int evaluate_faces(const FaceEvaluationCommand& command);

}  // namespace app
