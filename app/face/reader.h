// From picture files to readings.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/face/choose.h"
#include "app/face/device.h"
#include "app/face/model.h"
#include "engine/face/reading.h"

namespace app {

/// What became of one picture.
struct FaceResult {
  std::filesystem::path file;
  ChosenFace face;
  engine::FaceReading reading;
  std::vector<std::string> warnings;
  std::string problem;  ///< why there is no reading, in a line; empty where there is one
};

class FaceReader {
 public:
  /// @param model  file, or empty for the weights that ship;  @param option  that names it
  /// @param device  that reads them; looking for faces is the CPU's
  /// @throws as open_face_model and make_face_classifier
  explicit FaceReader(const std::string& model, const char* option = "--model", const FaceDevice& device = {});

  const OpenedFaceModel& model() const { return model_; }
  /// @param picture  as read from its file, where somebody needs it for more
  /// @throws io::FormatError for what is no picture or shows no face; what choose_face throws
  FaceResult read(const std::filesystem::path& file, const FaceOptions& options, engine::Picture* picture = nullptr);
  /// Thousands: pictures are opened by all cores and read in batches. The sink gets them in their order; what is wrong
  /// with one is its problem, and no exception.
  /// @return false if `stop` came first
  bool read_all(const std::vector<std::filesystem::path>& files, const FaceOptions& options,
                const std::function<void(const FaceResult&)>& sink, std::stop_token stop);

 private:
  void classify(std::vector<FaceResult>& results);

  OpenedFaceModel model_;
  std::unique_ptr<engine::FaceClassifier> classifier_;
  std::optional<FaceDetector> detector_;
};

/// The pictures (by their names: .jpg .jpeg .png .webp .pgm .ppm in any case) of a folder and its subfolders, in path
/// order. @throws io::FormatError if there is none
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder);

}  // namespace app
