// Where faces are in a picture, through OpenCV's cascade classifier.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/picture.h"
#include "engine/face/crop.h"

namespace app {

/// Whether this build can look for faces.
bool can_find_faces();
/// "4.6.0"; empty if can_find_faces() is false.
std::string face_library_version();

/// The cascade, loaded once for any number of pictures. One thread at a time per object.
class FaceDetector {
 public:
  /// The cascade that is read from the folder of cascades.
  static constexpr const char* kCascade = "haarcascade_frontalface_alt2.xml";

  /// @param folder  of cascades, as find_cascades() names it
  /// @throws io::FormatError naming the file and the package if the cascade is missing or none; engine::Error if this
  ///         build has no OpenCV
  explicit FaceDetector(const std::filesystem::path& folder);
  ~FaceDetector();
  FaceDetector(FaceDetector&&) noexcept;
  FaceDetector& operator=(FaceDetector&&) noexcept;

  /// The upright or slightly leaning faces that look at the camera, largest first; none where there is none. Those
  /// below a fifth of the picture's shorter side are looked for only where there is no larger one.
  /// @param grey  of one channel
  /// @throws std::invalid_argument for another number of channels
  std::vector<engine::Face> find(const engine::Picture& grey);

 private:
  struct Cascade;
  std::unique_ptr<Cascade> cascade_;
};

}  // namespace app
