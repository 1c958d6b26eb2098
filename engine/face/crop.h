// From a picture and where a face is to the 48 x 48 grey pixels that a network reads.
#pragma once

#include "engine/data/picture.h"

namespace engine {

inline constexpr int kFaceSide = 48;  ///< pixels: FER2013's, on which networks for expressions learn

/// A face in a picture.
struct Face {
  PixelBox box;             ///< a square around eyes, nose and mouth; may reach beyond the picture
  double roll_degrees = 0;  ///< how far the face leans clockwise, as seen in the picture
  int agreeing = 0;         ///< neighbouring windows in which the detector saw it, a measure of how sure it is
  friend bool operator==(const Face&, const Face&) = default;
};

/// The square that is cut out, in pixels of the picture; may reach beyond it.
struct FaceFrame {
  double centre_x = 0, centre_y = 0;  ///< 0.5 is the middle of the first pixel
  double side = 0;
  double roll_degrees = 0;  ///< as Face has it
};

/// The frame in which FER2013 would show a face that the detector boxed: 1.04 of the box, same centre. The cascade of
/// app/face boxes 2,948 of the 3,482 pictures of FER2013's validation part with 0.964 of their width in the median
/// (quartiles 0.885 and 1.021), its centre within 0.5 % of theirs (bench_faces --crops FOLDER).
FaceFrame frame_of(const Face& face);

/// The frame of a picture that is a face already: its largest middle square.
FaceFrame frame_of_cropped(const Picture& picture);

/// Brightness, as sRGB stores it. A grey picture is returned as it is.
/// Source: ITU-R BT.601, luma of red, green, blue: 0.299, 0.587, 0.114.
Picture to_grey(const Picture& picture);

/// The frame as kFaceSide x kFaceSide grey pixels, upright. Each is the mean over its square of the picture, from as
/// many samples as it has pixels (at most 256: more change a tenth of a level); beyond the edge the picture's own edge
/// continues. A frame smaller than 48 pixels is interpolated.
/// @param grey  of one channel
/// @throws std::invalid_argument for another number of channels, no pixels, or a side that is not positive and finite
Picture crop_face(const Picture& grey, const FaceFrame& frame);

}  // namespace engine
