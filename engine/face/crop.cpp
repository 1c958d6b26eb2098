#include "engine/face/crop.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace engine {
namespace {

constexpr double kFrameOfBox = 1.04;  // 1 / 0.964, see frame_of()
constexpr double kMostSamples = 16;   // along a side of one pixel

/// Brightness between the middles of four pixels.
class Sampler {
 public:
  explicit Sampler(const Picture& grey) : grey_(grey) {}

  double at(double x, double y) const {
    const double cx = std::clamp(x - 0.5, 0.0, grey_.width - 1.0), cy = std::clamp(y - 0.5, 0.0, grey_.height - 1.0);
    const int x0 = static_cast<int>(cx), y0 = static_cast<int>(cy);
    const int x1 = std::min(x0 + 1, grey_.width - 1), y1 = std::min(y0 + 1, grey_.height - 1);
    const double right = cx - x0, low = cy - y0;
    const double top = pixel(x0, y0) + right * (pixel(x1, y0) - pixel(x0, y0));
    const double bottom = pixel(x0, y1) + right * (pixel(x1, y1) - pixel(x0, y1));
    return top + low * (bottom - top);
  }

 private:
  double pixel(int x, int y) const {
    return grey_
        .pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(grey_.width) + static_cast<std::size_t>(x)];
  }
  const Picture& grey_;
};

void check(const Picture& grey, const FaceFrame& frame) {
  const bool sound = grey.channels == 1 && grey.width > 0 && grey.height > 0 &&
                     grey.pixels.size() == static_cast<std::size_t>(grey.width) * static_cast<std::size_t>(grey.height);
  if (!sound) throw std::invalid_argument("crop_face: expected a grey picture with pixels");
  const bool finite = std::isfinite(frame.centre_x) && std::isfinite(frame.centre_y) &&
                      std::isfinite(frame.roll_degrees) && std::isfinite(frame.side);
  if (finite && frame.side > 0) return;
  throw std::invalid_argument("crop_face: a frame of side " + std::to_string(frame.side) +
                              "; expected a positive one, and finite numbers");
}

}  // namespace

FaceFrame frame_of(const Face& face) {
  return {.centre_x = face.box.x + face.box.width / 2.0,
          .centre_y = face.box.y + face.box.height / 2.0,
          .side = kFrameOfBox * std::max(face.box.width, face.box.height),
          .roll_degrees = face.roll_degrees};
}

FaceFrame frame_of_cropped(const Picture& picture) {
  return {.centre_x = picture.width / 2.0,
          .centre_y = picture.height / 2.0,
          .side = static_cast<double>(std::min(picture.width, picture.height))};
}

Picture to_grey(const Picture& picture) {
  if (picture.channels == 1) return picture;
  Picture grey{picture.width, picture.height, 1, std::vector<std::uint8_t>(picture.pixels.size() / 3)};
  const std::uint8_t* rgb = picture.pixels.data();
  for (std::uint8_t& out : grey.pixels) {
    // In 1/65536, summing up to exactly 1: white stays white.
    out = static_cast<std::uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16);
    rgb += 3;
  }
  return grey;
}

Picture crop_face(const Picture& grey, const FaceFrame& frame) {
  check(grey, frame);
  const Sampler sampler(grey);
  const double step = frame.side / kFaceSide;  // of the picture, for one pixel that leaves
  const int samples = static_cast<int>(std::clamp(std::ceil(step), 1.0, kMostSamples));
  const double angle = frame.roll_degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  Picture face{kFaceSide, kFaceSide, 1, {}};
  face.pixels.reserve(kFaceSide * kFaceSide);
  for (int i = 0; i < kFaceSide; ++i) {
    for (int j = 0; j < kFaceSide; ++j) {
      double sum = 0;
      for (int s = 0; s < samples * samples; ++s) {
        const double u = (j + (s % samples + 0.5) / samples - kFaceSide / 2.0) * step;
        const double v = (i + (s / samples + 0.5) / samples - kFaceSide / 2.0) * step;
        sum += sampler.at(frame.centre_x + cosine * u - sine * v, frame.centre_y + sine * u + cosine * v);
      }
      face.pixels.push_back(static_cast<std::uint8_t>(std::lround(sum / (samples * samples))));
    }
  }
  return face;
}

}  // namespace engine
