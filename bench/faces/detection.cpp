// How many faces are found, and how fast.
//     bench_faces FOLDER           photographs, as they are
//     bench_faces --turned FOLDER  copies of them: leaning by 10 and 20 degrees, lying on a side or on the head
//     bench_faces --crops FOLDER   pictures that a face fills: how large the detector's box is, and where
//
// A folder of photographs holds labels.csv with the columns file, n_faces and face_box_xywh ("X Y W H", or empty). A
// box is met if the largest face that was found overlaps it by half of what both cover (IoU 0.5). For each photograph:
// its size, milliseconds to read it, to look for faces and to cut the first one out, and what was found.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "app/face/choose.h"
#include "app/face/detector.h"
#include "app/face/reader.h"
#include "app/glue/csv.h"
#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "bench/faces/copies.h"
#include "io/picture/read_picture.h"

namespace {

struct Photo {
  std::string file;
  int faces = 0;  ///< that it shows
  std::optional<engine::PixelBox> box;
};

std::vector<Photo> photos_of(const std::filesystem::path& folder) {
  const app::CsvTable table = app::read_csv(folder / "labels.csv");
  const std::size_t file = table.need({"file"}), faces = table.need({"n_faces"}), box = table.need({"face_box_xywh"});
  std::vector<Photo> photos;
  for (const auto& row : table.rows) {
    Photo photo{row[file], std::atoi(row[faces].c_str()), std::nullopt};
    engine::PixelBox read;
    std::istringstream numbers(row[box]);
    if (numbers >> read.x >> read.y >> read.width >> read.height) photo.box = read;
    photos.push_back(photo);
  }
  return photos;
}

double overlap(const engine::PixelBox& a, const engine::PixelBox& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / (double{1} * a.width * a.height + double{1} * b.width * b.height - both);
}

/// Milliseconds since it was made, or since it was last asked.
class Watch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

struct Tally {
  int boxes = 0, met = 0, with_face = 0, found = 0, without = 0, falsely = 0;
  std::vector<double> times;
};

void look(const std::filesystem::path& folder, const Photo& photo, app::FaceDetector& detector, Tally& tally) {
  Watch watch;
  const engine::Picture picture = io::read_picture(folder / photo.file).picture;
  const double reading = watch.lap();
  const engine::Picture grey = engine::to_grey(picture);
  const std::vector<engine::Face> faces = detector.find(grey);
  const double looking = watch.lap();
  if (!faces.empty()) (void)engine::crop_face(grey, engine::frame_of(faces.front()));
  const double cutting = watch.lap();
  tally.times.push_back(reading + looking + cutting);
  (photo.faces > 0 ? tally.with_face : tally.without) += 1;
  if (!faces.empty()) (photo.faces > 0 ? tally.found : tally.falsely) += 1;
  std::string verdict = faces.empty() == (photo.faces == 0) ? "" : faces.empty() ? "none found" : "found falsely";
  if (photo.box) {
    const double share = faces.empty() ? 0 : overlap(faces.front().box, *photo.box);
    tally.boxes += 1;
    tally.met += share >= 0.5;
    if (share < 0.5) verdict += " box missed";
  }
  std::printf("%-20s %4d x %-4d %6.1f %6.1f %6.1f ms %3zu of %d", photo.file.c_str(), picture.width, picture.height,
              reading, looking, cutting, faces.size(), photo.faces);
  if (!faces.empty()) {
    const engine::Face& face = faces.front();
    std::printf("  %d,%d,%d leaning %.0f seen %d times", face.box.x, face.box.y, face.box.width, face.roll_degrees,
                face.agreeing);
  }
  std::printf("  %s\n", verdict.c_str());
}

int run(const std::filesystem::path& folder) {
  app::FaceDetector detector(app::find_cascades());
  Tally tally;
  for (const Photo& photo : photos_of(folder)) look(folder, photo, detector, tally);
  if (tally.times.empty()) throw std::runtime_error("labels.csv names no picture");
  std::ranges::sort(tally.times);
  std::printf("boxes met %d of %d; a face found in %d of %d pictures with one, and in %d of %d without\n", tally.met,
              tally.boxes, tally.found, tally.with_face, tally.falsely, tally.without);
  std::printf("median %.1f ms, slowest %.1f ms\n", tally.times[tally.times.size() / 2], tally.times.back());
  return 0;
}

/// Copies of all photographs, turned by `degrees`.
struct TurnedTally {
  int boxes = 0, met = 0, found = 0, pictures = 0;
};

void look_turned(const engine::Picture& grey, const Photo& photo, double degrees, app::FaceDetector& detector,
                 TurnedTally& tally) {
  const std::vector<engine::Face> faces = detector.find(turned(grey, degrees));
  tally.pictures += 1;
  tally.found += !faces.empty();
  if (!photo.box) return;
  tally.boxes += 1;
  tally.met += !faces.empty() && overlap(faces.front().box, turned(*photo.box, grey, degrees)) >= 0.5;
}

int run_turned(const std::filesystem::path& folder) {
  app::FaceDetector detector(app::find_cascades());
  const std::vector<Photo> photos = photos_of(folder);
  std::vector<engine::Picture> greys;
  for (const Photo& photo : photos) greys.push_back(engine::to_grey(io::read_picture(folder / photo.file).picture));
  for (const double degrees : {0, 10, -10, 20, -20, 90, 180, 270}) {
    TurnedTally tally;
    for (std::size_t i = 0; i < photos.size(); ++i) look_turned(greys[i], photos[i], degrees, detector, tally);
    std::printf("turned by %4.0f degrees: boxes met %d of %d; something found in %d of %d pictures\n", degrees,
                tally.met, tally.boxes, tally.found, tally.pictures);
  }
  return 0;
}

double quantile(std::vector<double>& values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

int run_crops(const std::filesystem::path& folder) {
  constexpr int kTimes = 4;         // 48 pixels become 192: the cascade's window, 20 pixels, is then a tenth
  constexpr double kBorder = 0.25;  // room for a box that is larger than the picture
  app::FaceDetector detector(app::find_cascades());
  std::vector<double> sizes, across, down;
  std::size_t pictures = 0;
  for (const std::filesystem::path& file : app::picture_files(folder)) {
    const engine::Picture grey = engine::to_grey(io::read_picture(file).picture);
    const engine::Picture large = with_room(grey, kTimes, kBorder);
    pictures += 1;
    const std::vector<engine::Face> faces = detector.find(large);
    if (faces.empty()) continue;
    const engine::PixelBox& box = faces.front().box;
    const double side = kTimes * grey.width;
    sizes.push_back(box.width / side);
    across.push_back((box.x + box.width / 2.0 - large.width / 2.0) / side);
    down.push_back((box.y + box.height / 2.0 - large.height / 2.0) / side);
  }
  std::printf("a face found in %zu of %zu pictures\n", sizes.size(), pictures);
  if (sizes.empty()) return 0;
  const auto print = [](const char* what, std::vector<double>& values) {
    std::printf("%s: median %.3f of the picture's width, quartiles %.3f and %.3f\n", what, quantile(values, 0.5),
                quantile(values, 0.25), quantile(values, 0.75));
  };
  print("side of the box", sizes);
  print("its middle, right of the picture's", across);
  print("its middle, below the picture's", down);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view option = argc == 3 ? argv[1] : "";
  if (argc != 2 && option != "--turned" && option != "--crops") {
    std::fprintf(stderr, "usage: bench_faces [--turned | --crops] FOLDER\n");
    return 2;
  }
  try {
    return option == "--turned" ? run_turned(argv[2]) : option == "--crops" ? run_crops(argv[2]) : run(argv[1]);
  } catch (const std::exception& error) {
    return app::report(error);
  }
}
