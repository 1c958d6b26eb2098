#include "app/face/choose.h"

#include <array>
#include <charconv>

#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "io/errors.h"

namespace app {
namespace {

constexpr int kMostCoordinate = 1'000'000;  // beyond every picture, and sums of two stay small

std::string text_of(const engine::PixelBox& box) {
  return std::to_string(box.x) + "," + std::to_string(box.y) + "," + std::to_string(box.width) + "," +
         std::to_string(box.height);
}

void check_inside(const engine::PixelBox& box, const engine::Picture& picture, const std::string& name) {
  if (box.x + box.width <= picture.width && box.y + box.height <= picture.height) return;
  throw UsageError({"--face-box", name,
                    text_of(box) + " reaches beyond the picture, which has " + std::to_string(picture.width) + " x " +
                        std::to_string(picture.height) + " pixels when upright",
                    "give X,Y,W,H in its pixels, counted from the upper left corner"});
}

engine::Face largest(const engine::Picture& grey, const std::string& name, FaceDetector& detector, std::size_t& found) {
  const std::vector<engine::Face> faces = detector.find(grey);
  if (faces.empty()) {
    throw io::FormatError({"find face", name, "no face was found",
                           "take one from the front in even light, say where it is with --face-box X,Y,W,H, or that "
                           "the picture is nothing else with --cropped"});
  }
  found = faces.size();
  return faces.front();
}

}  // namespace

FaceOptions face_options(bool cropped, const std::string& box) {
  FaceOptions options{.cropped = cropped, .box = std::nullopt};
  if (!box.empty()) options.box = parse_face_box(box);
  return options;
}

engine::PixelBox parse_face_box(const std::string& text) {
  std::array<int, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool good = true;
  for (std::size_t i = 0; i < numbers.size() && good; ++i) {
    if (i > 0) good = at != end && *at++ == ',';
    const auto [rest, error] = std::from_chars(at, end, numbers[i]);
    good = good && error == std::errc() && numbers[i] >= 0 && numbers[i] <= kMostCoordinate;
    at = rest;
  }
  const auto [x, y, width, height] = numbers;
  if (good && at == end && width > 0 && height > 0) return {x, y, width, height};
  throw UsageError({"--face-box", text, "expected X,Y,W,H: four whole numbers, width and height at least 1",
                    "for example --face-box 120,80,200,200"});
}

ChosenFace choose_face(const engine::Picture& picture, const std::string& name, const FaceOptions& options,
                       std::optional<FaceDetector>& detector) {
  const engine::Picture grey = engine::to_grey(picture);
  ChosenFace chosen;
  if (options.cropped) {
    if (options.box) {
      throw UsageError({"--cropped", name, "with --face-box it is not clear where the face is", "give one of the two"});
    }
    chosen.pixels = engine::crop_face(grey, engine::frame_of_cropped(grey));
    return chosen;
  }
  if (options.box) {
    check_inside(*options.box, picture, name);
    chosen.face = engine::Face{.box = *options.box};
  } else {
    if (!detector) detector.emplace(find_cascades());
    chosen.face = largest(grey, name, *detector, chosen.found);
  }
  chosen.pixels = engine::crop_face(grey, engine::frame_of(*chosen.face));
  return chosen;
}

}  // namespace app
