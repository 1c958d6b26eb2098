// Stands in for detector_opencv.cpp where OpenCV is absent.
#include "app/face/detector.h"
#include "engine/data/error.h"

namespace app {

struct FaceDetector::Cascade {};

bool can_find_faces() { return false; }
std::string face_library_version() { return ""; }

FaceDetector::FaceDetector(const std::filesystem::path&) {
  throw engine::Error({"find face", "", "this build cannot look for faces: OpenCV was absent when it was configured",
                       "say where the face is with --face-box X,Y,W,H or --cropped, or apt-get install "
                       "libopencv-objdetect-dev opencv-data and build again"});
}
FaceDetector::~FaceDetector() = default;
FaceDetector::FaceDetector(FaceDetector&&) noexcept = default;
FaceDetector& FaceDetector::operator=(FaceDetector&&) noexcept = default;
std::vector<engine::Face> FaceDetector::find(const engine::Picture&) { return {}; }

}  // namespace app
