// Which face of a picture is read: the one that the user names, or the largest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "app/face/detector.h"

namespace app {

struct FaceOptions {
  bool cropped = false;                 ///< the picture is a face already (--cropped)
  std::optional<engine::PixelBox> box;  ///< where it is (--face-box)
};

/// Of a command line. @param box  as parse_face_box takes it, or empty
FaceOptions face_options(bool cropped, const std::string& box);

/// "X,Y,W,H": the left and upper edge, width and height, in pixels of the upright picture. @throws UsageError
engine::PixelBox parse_face_box(const std::string& text);

struct ChosenFace {
  engine::Picture pixels;            ///< kFaceSide x kFaceSide, grey: what a network reads
  std::optional<engine::Face> face;  ///< where it is; nothing with --cropped
  std::size_t found = 0;             ///< faces that were seen; 0 where nobody looked
};

/// @param name      of the picture, for messages
/// @param detector  made on the first picture in which faces must be looked for, then kept
/// @throws io::FormatError where no face is found; UsageError for a box outside of the picture, or together with
///         `cropped`; what FaceDetector throws
ChosenFace choose_face(const engine::Picture& picture, const std::string& name, const FaceOptions& options,
                       std::optional<FaceDetector>& detector);

}  // namespace app
